"""The vocabulary of the line: pure words and arithmetic that every other package may use."""
