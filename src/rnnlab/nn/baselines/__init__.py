"""Encoders without recurrence, as baselines for recurrent cells."""
