"""What services keep of the sessions that they have had."""
