"""Copies for viewing, made in a sandbox from a sealed original that stays as it is."""
