"""Spot checks: delivered pictures, drawn at random, are judged one after the other."""
