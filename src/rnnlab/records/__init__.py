"""The run folder: what it holds, how it is named, locked, written and read back. Nothing here imports torch."""
