"""Examples that are drawn rather than found: strokes, fonts, pools of both."""
