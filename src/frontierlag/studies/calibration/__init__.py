"""Calibration: simulated worlds of known truth, rank statistics, and how many fits fan out."""
