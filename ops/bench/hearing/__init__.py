"""Measuring recognition: labels, backgrounds, word errors, a client that plays clips, and the baseline."""
