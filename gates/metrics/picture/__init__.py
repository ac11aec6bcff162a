"""Metrics of colour, composition and style."""
