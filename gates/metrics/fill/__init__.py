"""Measures of a fill and its boundary."""
