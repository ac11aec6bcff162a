"""The whole line in one look, for the desk's overview: its state, and the readings of the newest steps."""
