"""From the words of a command line to a checked, plain configuration. Nothing here imports torch."""
