"""Trains what the line ships: the overlay network and the gate of fills."""
