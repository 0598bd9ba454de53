"""The mathematics written out to be read. Tests compare the fast code with it."""
