"""Reads a page: a scan -> lines of characters."""

from kmnist_model.page.reader import read_page
from kmnist_model.page.types import Box, Character, Line, Page

__all__ = ["Box", "Character", "Line", "Page", "read_page"]
