"""From runs to findings as numbers: configurations, factors, statistics. Nothing here imports torch."""
