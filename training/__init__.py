"""Makes the overlay network: photos, drawn overlays, training, export and evaluation."""
