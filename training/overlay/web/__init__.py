"""Overlays that a browser draws: HTML, CSS and SVG, stored as pictures with transparency."""
