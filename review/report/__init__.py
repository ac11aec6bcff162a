"""The report of a batch: one HTML file without any reference to the network."""
