"""Between the program and the computer: files, caches, terminal, progress, warnings."""
