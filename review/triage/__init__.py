"""Triage of a batch that went wrong: a sample, each step alone, and the smallest change that would have passed."""
