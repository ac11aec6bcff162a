"""Distances between two whole pictures."""
