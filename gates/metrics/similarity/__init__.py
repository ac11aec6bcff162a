"""Similarity metrics between two whole pictures."""
