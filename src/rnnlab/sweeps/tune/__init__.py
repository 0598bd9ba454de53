"""Tuning: every level of what is compared is taken to its own best setting, each with the same budget."""
