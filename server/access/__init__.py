"""Who may call: the installation's key, keys made for browsers, and the certificate that callers see."""
