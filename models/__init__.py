"""Image models, not database tables: networks and classical methods, one file each behind one contract."""
