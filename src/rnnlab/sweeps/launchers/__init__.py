"""Where the runs of a sweep are worked off: this process, worker processes, submitit, Ray."""
