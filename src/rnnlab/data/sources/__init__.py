"""Sources of data: files, downloads and generators, and the readers that make items of them."""
