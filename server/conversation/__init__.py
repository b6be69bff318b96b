"""The conversation itself: it knows events and audio, and nothing of any transport."""
