"""How an answer has moved from vintage to vintage of one table, over the same days."""
