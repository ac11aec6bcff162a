"""Draws overlays and print: strings, fonts, letters, graphics, blending."""
