"""The graphics card: what each engine takes of it, and whether one that is there will do."""
