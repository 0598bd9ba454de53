"""Many runs: which folder each has, which are done, and where the rest are worked off."""
