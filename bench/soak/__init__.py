"""A night in minutes: a line under random faults."""
