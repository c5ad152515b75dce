"""The gateway: what arrives is kept, handled in order and answered, whatever the channel."""
