"""Checks on a fit: predictive adequacy, comparison, prior influence, what fits worst."""
