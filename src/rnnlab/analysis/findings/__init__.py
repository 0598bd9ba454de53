"""Findings beside the answer: what a comparison says of costs, curves, sizes, bounds and classes."""
