"""Candidate regions of text and marks."""
