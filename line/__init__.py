"""Types, settings, recipes and errors that every other package may use; no database, network or model access."""
