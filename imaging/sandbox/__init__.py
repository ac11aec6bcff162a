"""Processes without rights that open untrusted bytes: photos and archives."""
