"""Reports are tested on run folders written as files."""

from run_folders import first_look, workplace, write_run, write_seeds

__all__ = ["first_look", "workplace", "write_run", "write_seeds"]
