"""A published table followed: every vintage checked, kept, refitted, and put into words."""
