"""Sweeps of which the truth is known, and what is said of them: the study experiments/calibration."""
