"""Several measures of one lag: each on its own, and the pooled lag with the spread between them."""
