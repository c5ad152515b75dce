"""The dashboard's routes, a module for each room; each group stands under one rule of access."""
