"""Image models (never database tables): networks and classical methods, each one file behind one contract."""
