"""Errors that a user of the training commands can cause and correct."""

from __future__ import annotations

from kmnist_model.errors import KmnistError


class DataError(KmnistError, ValueError):
    """A dataset or a finished run that is missing, damaged or not the expected one."""


class DivergenceError(KmnistError, ArithmeticError):
    """A fit whose loss is no longer a number."""
