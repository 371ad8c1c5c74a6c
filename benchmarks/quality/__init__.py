"""How good the programs are: `python -m benchmarks.quality` asks, judges, compares and reports."""
