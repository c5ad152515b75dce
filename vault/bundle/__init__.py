"""What a court is given of a case: a BagIt bag with its proofs, sealed to whoever receives it."""
