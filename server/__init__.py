"""The server behind the page: settings, messages, batching, jobs, corrections, metrics, logs, middleware."""
