"""Photo files: what their bytes are, decoding them safely to sRGB, encoding what is shipped or kept."""
