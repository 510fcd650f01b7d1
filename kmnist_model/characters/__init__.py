"""What is known of a character beside its shape: a kanji's readings and meaning, a kana's historical forms."""
