"""Measures of one picture."""
