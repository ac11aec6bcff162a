"""The grid: many images as small pictures, chosen and answered together."""
