"""Slots: names in recipes that stand for a model, what each holds, and the evidence for a switch."""
