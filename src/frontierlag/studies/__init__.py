"""The answer under other choices, at other times and in simulated worlds."""
