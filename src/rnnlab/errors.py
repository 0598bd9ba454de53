"""The two ways in which a command ends badly."""


class UserError(Exception):
    """Something a user can put right: one line that names the key or file and what would be right (exit 2)."""


class RunsFailedError(Exception):
    """Runs were started properly and some failed; the others' results stand (exit 1)."""
