"""The ``_READY`` marker of an upload: empty, or JSON that says what to do with it."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from line.errors import InputError
from records.storage.bucket import Bucket
from records.storage.errors import MissingObjectError

DEFAULT_RECIPE = "catalog"


class ReadyMarker(BaseModel):
    """What the sender of an upload asks for.

    Attributes:
        recipe: name of a shipped recipe, or the digest of a recorded one.
        out: URL of the folder to deliver to; the bucket's own where None.
        unread: files that the sender could not read, by their path in the upload, each with a sentence.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    recipe: str = DEFAULT_RECIPE
    out: str | None = None
    unread: dict[str, str] = Field(default_factory=dict)


def read_marker(store: Bucket, key: str) -> ReadyMarker:
    """The marker at ``key``; the default where there is none, or an empty one.

    Raises:
        InputError: it is neither empty nor such JSON.
    """
    try:
        text = store.get(key).decode("utf-8", "replace").strip()
    except MissingObjectError:
        return ReadyMarker()
    if not text:
        return ReadyMarker()
    try:
        return ReadyMarker.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise InputError(f"{key} is neither empty nor JSON: {first['msg']}") from None
        raise InputError(f'{key} must hold an object such as {{"recipe": "catalog"}}') from None
