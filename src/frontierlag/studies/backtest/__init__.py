"""How forecasts made in the past did, next to the simple ones that they have to beat."""
