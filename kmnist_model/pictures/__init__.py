"""Picture files: formats, pages and limits, and the conversion of any image to luminance or colour."""
