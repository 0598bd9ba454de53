"""What a run leaves beside its weights: its description, its log, its examples, and measurements of single items."""
