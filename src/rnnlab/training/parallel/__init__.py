"""Several processes of one run: how they meet, what they say to each other, and how their measurements become one."""
