"""From a source's items to encoded, split sequences: one file per task."""
