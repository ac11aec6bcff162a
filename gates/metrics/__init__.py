"""Metrics: pure functions from arrays to numbers, each with its published source."""
