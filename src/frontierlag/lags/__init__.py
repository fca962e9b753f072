"""Lags: pure functions on draws, and the published conventions on points."""
