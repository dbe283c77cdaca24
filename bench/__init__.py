"""Measurements; each prints its figures, and bench/README.md keeps those that were seen."""
