"""Measures: each a pure function from arrays to numbers, with its published source."""
