"""The gRPC port: the whole agent, and each engine, for services in the building."""
