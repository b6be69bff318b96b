"""The gateway over HTTP: OpenAI's Realtime API, and the page."""
