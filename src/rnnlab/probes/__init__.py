"""Looks inside recurrent networks: measurements of a task on a batch or a text, as plain tensors.

A probe leaves the task as it was: its mode, its gradients, the state that it carries and the random numbers.
"""
