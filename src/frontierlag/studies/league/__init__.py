"""All groups of a table in one fit: how far behind the frontier, and who is ahead of whom."""
