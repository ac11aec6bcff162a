"""The HTTP API of the line for programs, version 1: docs/api.md."""
