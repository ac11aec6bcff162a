"""Trains the overlay network: photos, drawn overlays, the network, its training, export and evaluation."""
