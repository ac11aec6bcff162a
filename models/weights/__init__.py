"""Weights of models: catalogue, manifest, hashes, downloads."""
