"""What TensorBoard shows of many runs: the HParams tab of a sweep, and the page that opens first."""
