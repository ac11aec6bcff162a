"""Metrics of the line in the text format of Prometheus."""
