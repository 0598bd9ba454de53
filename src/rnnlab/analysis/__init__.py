"""From runs to findings as numbers: configurations, factors, statistics, answers. Nothing here imports torch."""
