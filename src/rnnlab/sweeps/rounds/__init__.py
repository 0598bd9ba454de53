"""Sweeps that proceed in rounds: a planner looks at the runs that have ended and says which come next."""
