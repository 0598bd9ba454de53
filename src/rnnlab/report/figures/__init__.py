"""The figures of a report: a file for each, and an option of conf/figure/ that names its function.

A function takes a `rnnlab.analysis.comparison.Comparison` and returns charts, none where it has nothing to show.
`options` finds the figures of plugins as well.
"""
