"""The parts of the fill from a hole's surroundings: which pixels to invent, how, and with what grain."""
