"""Measurements: each prints JSON and compares with a yardstick in the same run."""
