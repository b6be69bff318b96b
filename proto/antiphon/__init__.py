"""What every part of Antiphon shares: the wire contract, audio conversion, errors, settings."""
