"""Measuring media over WebRTC: a lossy network in sample time, receive paths, and peers under load."""
