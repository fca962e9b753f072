"""How many fits fan out, and what is finished is kept."""
