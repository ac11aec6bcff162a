"""Photos with real overlays, and the labels of their pixels."""
