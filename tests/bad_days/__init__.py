"""Bad input and bad days: each has its message, nothing is lost and nothing else stops."""
