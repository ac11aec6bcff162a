"""What networks share: tiling, padding, sampling, sessions."""
