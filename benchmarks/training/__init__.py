"""Training compared: recipes at a fixed budget, and throughput."""
