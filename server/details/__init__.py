"""What the page says beside an answer, later than the answer: real characters like the ink, and which ink spoke for what."""
