"""What the index hides: the lag under other constructions of the index, next to the main answer."""
