"""The gateway: messages in from every channel, sealed, and replies out, each exactly once."""
