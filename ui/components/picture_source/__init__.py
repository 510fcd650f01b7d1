"""How a picture comes in: file, drop, paste or camera; shared by picture_input and page_reader."""
