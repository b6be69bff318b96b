"""A caller made of clips, for benchmarks that measure the whole conversation."""
