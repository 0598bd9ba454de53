"""Forms of the files in a run folder: CSV, configurations, checksums, and the version of them all."""
