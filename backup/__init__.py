"""The command `backup`: it puts the rooms together, and is the only one who may know them all."""
