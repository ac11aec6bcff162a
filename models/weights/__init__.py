"""Weights: manifest, hashes, downloads."""
