"""Fits with their lags, judged by the gate and sampled again where they miss it."""
