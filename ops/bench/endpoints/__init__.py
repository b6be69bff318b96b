"""Measuring when turns are ended: people's pauses, what is known at each, policies, and fitting one."""
