"""The page's Gradio components, one folder each."""
