"""Short programs that use a running appliance as its clients do; each says at its top how it is run."""
