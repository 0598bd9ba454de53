"""The cache of this machine, which spares fetching and computing again: downloads, hashes, encoded corpora."""
