"""The answers of the simulated cluster, by subject."""
