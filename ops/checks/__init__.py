"""Everything CI runs, in order: `python -m ops.checks`."""
