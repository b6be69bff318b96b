"""Sessions over WebSocket, and calls over WebRTC with what surrounds them."""
