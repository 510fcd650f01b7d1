"""Pages of writing made from a seed, with every character's true box, column and class known."""
