"""Probes: measurements inside recurrent networks, on a batch or a text, as plain tensors and charts.

A probe leaves the task as it was: its mode, its gradients, the state that it carries and the random numbers.
"""
