"""Faults, the appliance that they strike, its callers in mid-turn, and what they heard of it."""
