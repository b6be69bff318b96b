"""Who has the floor, decided without input or output: pure, and told the time by whoever asks."""
