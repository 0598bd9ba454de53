"""Callbacks that look at a training and change nothing of it: what TensorBoard shows of a run.

Whatever is switched on here, a run keeps its identity (`rnnlab.records.identity`) and its very bits.
"""
