"""Overlays drawn over photos: how many are found and removed."""
