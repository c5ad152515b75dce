"""Vocabulary that two or more rooms share. It imports nothing of ours and stays small."""
