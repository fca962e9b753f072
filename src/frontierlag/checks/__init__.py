"""Checks on a fit: convergence, predictive adequacy, comparison, prior influence."""

from frontierlag.fits.convergence import Check, Convergence, check

__all__ = ["Check", "Convergence", "check"]
