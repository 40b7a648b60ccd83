"""One folder per system; found by `hsops.registry`."""
