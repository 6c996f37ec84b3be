"""What every kernel stands on: compiled loops, one register, one tile, one thread, memory used again."""
