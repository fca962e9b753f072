"""From the bytes of any table to clean rows, with a report of how each was read."""
