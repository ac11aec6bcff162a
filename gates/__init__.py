"""What an artifact is: measures (arrays in, numbers out) and gates (readings in, verdict out)."""
