"""Reads a page: a scan -> lines of characters."""

from kmnist_model.page.reader import Character, Page, read_page

__all__ = ["Character", "Page", "read_page"]
