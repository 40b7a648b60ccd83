"""Live data: feeds fill the store, the store tells what changed, the graph ties the rows of all systems together."""
