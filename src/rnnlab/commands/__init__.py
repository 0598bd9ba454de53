"""One module per command, each with `main(arguments) -> exit code`, imported when it is asked for."""
