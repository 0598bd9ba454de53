"""Tables of the user with the answers of a trained model appended."""
