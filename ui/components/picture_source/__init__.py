"""Picture sources: file, drop, paste and camera. Shared by picture_input and page_reader."""
