"""How far an answer depends on what could sensibly have been done otherwise."""
