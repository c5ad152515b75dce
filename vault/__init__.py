"""Sealing, keys, storage and custody: what a thief can't read and a court can check."""
