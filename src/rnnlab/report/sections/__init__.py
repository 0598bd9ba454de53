"""Sections of a report beside its answer, in words and tables."""
