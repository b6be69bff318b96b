"""What a machine and a clone lack, and the command that mends it."""
