"""Writes what leaves a fit: weights, report, model card."""
