"""From run folders to a ranking, a sentence, a table and a figure, without torch, lightning or hydra."""
