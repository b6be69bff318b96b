"""Faults in mid-turn, each kind in virtual time; `antiphon chaos` strikes real processes with them."""
