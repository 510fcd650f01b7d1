"""A store for visitors' corrections; imports no other package of this project."""
