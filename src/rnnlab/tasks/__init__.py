"""The tasks: LightningModules with encoder, head, loss and metrics.

A task derives from `SequenceTask`; `capabilities` has the protocols of what else it may do: generate, predict, encode a
user's text, count a confusion matrix, draw charts.
"""
