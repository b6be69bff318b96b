"""The gateway's clients of the engine services, one file a service."""
