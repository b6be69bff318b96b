"""The command line's clients of the engine services."""
