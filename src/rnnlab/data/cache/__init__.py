"""What this machine keeps so that it need not be fetched or computed again: downloads, hashes, encoded corpora."""
