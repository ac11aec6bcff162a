"""Trials of models outside a batch."""
