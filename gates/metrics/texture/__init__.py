"""Measures of grain, frequency and repetition."""
