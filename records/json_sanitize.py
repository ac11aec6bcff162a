"""What Postgres holds of what measures and files say: no NUL in text, no NaN in JSON."""

import math
import re
from collections.abc import Mapping
from typing import Any

_UNHELD = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of characters (from names in another encoding)


def plain(value: Any) -> Any:
    """``value`` with U+FFFD for characters that cannot be held and None for numbers that are none."""
    if isinstance(value, str):
        return _UNHELD.sub("\ufffd", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
