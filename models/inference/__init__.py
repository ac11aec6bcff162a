"""Code shared by all networks: tiling, padding, sampling options, sessions."""
