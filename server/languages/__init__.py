"""The page's sentences: one catalogue for each language, and the functions that take a sentence from it."""
