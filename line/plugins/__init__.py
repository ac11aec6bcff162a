"""Finding plug-ins in a folder, and keeping them by name."""
