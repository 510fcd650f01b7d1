"""Finds the one character on a photograph: light, printed lines, objects beside the paper, then the cluster of ink."""
