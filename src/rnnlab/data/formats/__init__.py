"""Forms in which files hold data, and how they are read, whatever the data is for: texts, tables, numbers, times."""
