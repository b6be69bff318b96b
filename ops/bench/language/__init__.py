"""What `antiphon bench llm` is made of."""
