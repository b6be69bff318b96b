"""What the benchmark of many callers at once is made of."""
