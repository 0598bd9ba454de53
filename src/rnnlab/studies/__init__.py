"""Studies: a question, its sweep, and a README that answers it."""
