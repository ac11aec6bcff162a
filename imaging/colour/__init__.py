"""Colours of any kind to sRGB: ICC profiles, CICP code points, PNG chunks, DCF, inks, HDR."""
