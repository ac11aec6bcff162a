"""A scripted reviewer at the desk: the time to the next picture, and decisions a minute."""
