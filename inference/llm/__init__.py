"""The language model service: `python -m inference.llm`."""
