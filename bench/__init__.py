"""Measures what the README promises. Run it as `python -m bench`, or `make bench`."""
