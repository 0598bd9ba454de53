"""The inference behind an answer: what a few seeds say of levels, on plain arrays of results, without any folder."""
