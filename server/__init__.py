"""Keeps the page running: settings, batching, jobs, metrics, logs, middleware. No visitor sees it."""
