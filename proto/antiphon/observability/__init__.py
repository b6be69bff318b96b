"""What every process tells whoever watches it: metrics to scrape, spans of traces, and its log."""
