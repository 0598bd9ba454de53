"""The LightningModules: encoder, head, loss and metrics of each task, on one small base."""
