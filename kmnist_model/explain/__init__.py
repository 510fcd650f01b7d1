"""Why an ink was read so: the ink that spoke for a character and against it, and the set of characters that it may be."""
