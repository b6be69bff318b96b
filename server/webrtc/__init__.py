"""A caller over WebRTC: speech as Opus on RTP, events on a data channel. aiortc carries both."""
