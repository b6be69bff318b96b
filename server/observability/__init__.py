"""What the gateway measures of itself, for Prometheus. Every label's values are an enumeration's."""
