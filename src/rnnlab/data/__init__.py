"""From sources to batches: source → vocabulary → sequences → batches.

Up to the sequences everything is NumPy; batches are torch.
"""
