"""Experiments with models outside of any batch."""
