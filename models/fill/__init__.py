"""Building blocks of the fill from surroundings: mask refinement, DCT inpainting, grain, exemplars."""
