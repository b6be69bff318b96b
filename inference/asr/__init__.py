"""Speech recognition: Whisper behind a streaming service, voice activity and end of turn beside it."""
