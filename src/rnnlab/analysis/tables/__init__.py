"""Tables of a comparison as pandas DataFrames: the ranking, the runs, and frames for notebooks."""
