"""Readers and downloads: from files, or from a generator, to a data set's raw items."""
