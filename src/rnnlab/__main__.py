"""`python -m rnnlab` is `rnnlab`."""

from rnnlab.cli import entry

if __name__ == "__main__":
    entry()
