"""Encoders without recurrence, which recurrent cells are measured against."""
