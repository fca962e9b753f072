"""How the answer moved from one vintage of a table to the next."""
