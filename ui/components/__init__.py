"""The page's Gradio components, a folder each."""
