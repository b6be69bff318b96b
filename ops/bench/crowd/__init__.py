"""Many callers at once, driven from processes of their own."""
