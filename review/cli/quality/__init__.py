"""Commands that measure and compare pictures and models."""
