"""How far one frontier trails another, with intervals that can be trusted."""
