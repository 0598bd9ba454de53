"""What the shell shows of the configuration: help pages and tab completion."""
