"""What a bucket raises besides ServiceError."""

from line.errors import ServiceError, SluiceError


class MissingObjectError(ServiceError):
    """Raised when an object that the records name is not in its bucket."""


class UnwritableKeyError(SluiceError):
    """Raised when nothing can ever be written under a key: below a file, over a folder, or with too long a name."""


class AccessError(ServiceError):
    """Raised when the credentials of this process do not allow what it needs; those of other processes may."""
