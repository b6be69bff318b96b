"""The memory plan: what runs on a card together, and what each engine is given of it."""
