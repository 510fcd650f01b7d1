"""What a visitor sees: one file per tab, each with one build function, and the components they share."""
