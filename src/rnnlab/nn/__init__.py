"""Recurrent layers under one contract. `Recurrent` and `Cell` are what a cell from outside derives from."""

from rnnlab.nn.flops import linear_flops
from rnnlab.nn.recurrent import Cell, Recurrent, State, StateWeights
from rnnlab.nn.stack import build_recurrent

__all__ = ["Cell", "Recurrent", "State", "StateWeights", "build_recurrent", "linear_flops"]
