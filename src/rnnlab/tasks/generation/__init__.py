"""Generation of symbols: sampling from logits, and texts that begin with a given prefix."""
