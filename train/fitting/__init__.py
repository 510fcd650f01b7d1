"""Fits a network: finder, one-cycle, checkpoints."""
