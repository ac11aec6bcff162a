"""One file per transform, and what is common to them all."""
