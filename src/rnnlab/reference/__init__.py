"""The mathematics written out to be read; tests hold the fast code to it."""
