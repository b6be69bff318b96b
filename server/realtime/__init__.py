"""OpenAI's Realtime vocabulary: the events of every session, whatever its transport."""
