"""Turns weights from the form they come in into the form an engine loads; each conversion is a small program.

A conversion runs once, in its own process and in the environment that has its libraries, so that neither its
memory nor its crash is anyone else's.
"""
