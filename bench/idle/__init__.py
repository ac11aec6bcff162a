"""Benchmark: what an idle line takes."""
