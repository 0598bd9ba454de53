"""Races: seeds go to the configurations that could still be the best."""
