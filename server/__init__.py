"""The gateway: transports, the conversation, and what stands between a caller and the engines."""
