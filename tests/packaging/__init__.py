"""What is shipped, and what loads what."""
