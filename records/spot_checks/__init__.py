"""Spot checks: people judge a random sample of a batch's delivered pictures."""
