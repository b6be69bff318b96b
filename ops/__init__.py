"""What an operator touches: command line, supervisor, checks and benchmarks. Nothing imports it."""
