"""Trains the eraser: what was laid over a photo is taken off with what shines through it as evidence."""
