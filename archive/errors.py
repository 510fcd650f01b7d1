"""Errors of the archive's reader that a user can cause."""

from kmnist_model.errors import KmnistError


class ArchiveError(KmnistError):
    """An archive cannot be read or written; the message ends in what to do."""


class DownloadError(KmnistError):
    """A file cannot be had from its server; the message ends in what to do."""
