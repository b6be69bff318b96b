"""The catalogue of models and the store that fetches, verifies and converts them."""
