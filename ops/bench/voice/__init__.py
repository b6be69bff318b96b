"""What the benchmark of the voice is made of."""
