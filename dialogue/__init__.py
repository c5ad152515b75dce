"""The dialogue: a pure function from (state, message) to (state, replies, effects)."""
