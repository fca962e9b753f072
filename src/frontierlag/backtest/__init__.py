"""How forecasts made in the past did, beside the simple ones that they have to beat."""
