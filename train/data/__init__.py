"""Opens datasets and prepares what a fit learns from."""
