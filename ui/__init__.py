"""The user interface: one module per tab, each with one build function, and the components."""
