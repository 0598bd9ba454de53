"""Tables of a report: their columns, and their writers for Markdown, the terminal and the page."""
