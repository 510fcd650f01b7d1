"""Writes the results of a fit: released weights, report, model card, run record."""
