"""One overlay on all photos of a vendor: what templates spare people."""
