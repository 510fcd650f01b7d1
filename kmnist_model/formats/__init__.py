"""Pages as files that libraries read: `FORMATS["page"].write(page, Source("scan.png"))`; `page_xml.read` reads PAGE-XML back."""

from kmnist_model.formats.source import Source
from kmnist_model.formats.table import FORMATS, Format

__all__ = ["FORMATS", "Format", "Source"]
