"""Runs the services as child processes: started together, watched, stopped in order."""
