"""Backends that execute the runs of a sweep: this process, worker processes, submitit, Ray."""
