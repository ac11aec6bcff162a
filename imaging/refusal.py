"""Why a vendor's file cannot be used."""

from line.errors import InputError


class RefusedError(InputError):
    """Raised when a photo file cannot be used.

    Args:
        reason: a code in snake_case, one per cause.
        sentence: for the vendor: what is wrong and how to mend it.
    """

    def __init__(self, reason: str, sentence: str):
        self.reason, self.sentence = reason, sentence
        super().__init__(f"{reason}: {sentence}")
