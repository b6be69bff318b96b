"""The gRPC port of a gateway in processes of its own, under messages and bytes that no client means."""
