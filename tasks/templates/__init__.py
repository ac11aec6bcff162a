"""Vendor templates: learning them, showing them, and looking for them on photos that were searched before."""
