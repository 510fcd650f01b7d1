"""Real brushed characters, and which of them an ink is nearest to."""
