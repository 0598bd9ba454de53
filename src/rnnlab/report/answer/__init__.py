"""The answer of a comparison in words, as a chart, as a table for papers, and as answer.json."""
