"""Rollouts: a candidate model beside the one in use, and the evidence that decides between them."""
