"""How fast the linter is, in ratios that one run measures on one machine. `python -m benchmarks` from the repository's root."""
