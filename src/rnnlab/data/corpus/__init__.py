"""A running text of any size as symbols: read, counted, encoded and cut piece by piece."""
