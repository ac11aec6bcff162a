"""The audit: red flags of a recipe and of an installation, each with its reason and what to do."""
