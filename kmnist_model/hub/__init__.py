"""Weights in repositories of the Hugging Face Hub: their addresses, what a repository holds, and the download."""
