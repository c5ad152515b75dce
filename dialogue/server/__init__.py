"""The server: Rasa's agent as a pure function behind `POST /turn`, on the loopback only."""
