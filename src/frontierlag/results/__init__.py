"""What a run writes: tables of an analysis, its manifest, its posterior."""
