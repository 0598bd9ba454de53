"""Checks of a configuration: what a stranger may not say, what has no effect, and keys that nothing reads."""
