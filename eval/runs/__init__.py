"""Runs: asking question sets of systems, and the folder that holds all that is needed to audit it."""
