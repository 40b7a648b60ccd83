"""What commands print: one table of items, written as columns, documents, delimited lines or paths."""
