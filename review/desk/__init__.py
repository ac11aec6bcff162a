"""The review desk: a web page on which people see what was flagged, with both readings of a doubt, and decide."""
