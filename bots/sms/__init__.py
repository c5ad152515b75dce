"""SMS, by one gateway or another."""
