"""The pixels that an overlay covers."""
