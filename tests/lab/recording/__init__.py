"""Refreshing the tests' recordings from the running lab: what may be asked again, how, and what differs."""
