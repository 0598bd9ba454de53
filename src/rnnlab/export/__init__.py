"""A trained model as a folder that runs without rnnlab: programs of one step, what they are told, and a script."""
