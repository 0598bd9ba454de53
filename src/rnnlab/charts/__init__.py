"""Charts as plain values, one renderer for paper and one for the page."""
