"""A Page <-> PAGE-XML 2019-07-15."""

from kmnist_model.formats.page_xml.reader import read
from kmnist_model.formats.page_xml.writer import NAMESPACE, write

__all__ = ["NAMESPACE", "read", "write"]
