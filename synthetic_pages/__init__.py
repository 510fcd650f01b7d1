"""Makes pages of writing from a seed, with the box, column and class of every character."""
