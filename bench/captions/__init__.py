"""Overlays drawn over real photos, so that what must be found and erased is known exactly."""
