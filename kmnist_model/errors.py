"""Errors that a user can cause. Each message is one sentence that ends in what to do."""


class KmnistError(Exception):
    """Base of all errors that a user can cause."""


class InkError(KmnistError, ValueError):
    """Strokes or inks are not of the documented shape."""


class PictureError(KmnistError, ValueError):
    """A picture cannot be opened or decoded."""


class WeightsError(KmnistError, ValueError):
    """A weights file is missing, damaged or of another kind."""


class DeviceError(KmnistError, ValueError):
    """This machine does not have the device."""


class FormatError(KmnistError, ValueError):
    """A file of a page that was read cannot be written or understood."""
