"""What a user can get wrong: one hierarchy, one sentence each, ending in what to do."""


class KmnistError(Exception):
    """The base of every error that a user can cause and mend."""


class InkError(KmnistError, ValueError):
    """Strokes or inks that are not numbers in the documented shape."""


class PictureError(KmnistError, ValueError):
    """A picture that cannot be opened or decoded."""


class WeightsError(KmnistError, ValueError):
    """A weights file that is missing, damaged or made for something else."""


class DeviceError(KmnistError, ValueError):
    """A device that this machine does not have."""
