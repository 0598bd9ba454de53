"""The scripts of exported folders. They run without rnnlab: what they import of each other is put into one file."""
