"""Reads the pages of the Scan tab, in processes of their own or in the one that serves."""
