"""Characters that were found -> the lines of a page: columns, headings written across, in reading order, without what is no writing."""
