"""The GPU side: engines, one file each, and the gRPC services in front of them."""
