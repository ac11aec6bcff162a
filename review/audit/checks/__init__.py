"""The checks of the audit, one file each; found by folder."""
