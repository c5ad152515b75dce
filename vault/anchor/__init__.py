"""Blockchain anchors: a public time before which the custody log stood as it stands.

Only a salted hash of a checkpoint ever leaves: it tells nobody what, how much, or whose.
Invariants: one writer for each sending key; a transaction is kept before it is sent; an anchor is
archived, with all that checks it offline, once its block is final.
"""
