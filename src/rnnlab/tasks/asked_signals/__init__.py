"""Signals that a user asks a trained model about, and the answers."""
