"""Drawings and reports of what gates measured."""
