"""Riva's services on the gateway's port, so that clients of NVIDIA's find what they know."""
