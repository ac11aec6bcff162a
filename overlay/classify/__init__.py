"""Overlay or print."""
