"""A message centre inside the gateway, for trying things out: phones that exist on no network."""
