"""Metrics of grain, frequency and repetition."""
