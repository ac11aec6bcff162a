"""Strokes of a mask that a person draws; the drawing processes turn them into pixels."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_STROKES, MAX_POINTS = 5000, 200_000
"""Maximum number of strokes, and of their points together."""
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class StrokeError(ValueError):
    """Raised when strokes are malformed or too many; the message is shown to the person."""


class Stroke(BaseModel):
    """One stroke.

    Attributes:
        tool: ``brush`` adds to the mask and ``eraser`` takes from it along a line; ``box`` adds a rectangle between
            two corners; ``clear`` takes all.
        width: of a line (pixels of the picture).
        points: x and y (pixels of the picture).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: Literal["brush", "eraser", "box", "clear"]
    width: Annotated[float, Field(ge=0, le=20_000, allow_inf_nan=False)] = 0
    points: tuple[tuple[Coordinate, Coordinate], ...] = ()


_STROKES = TypeAdapter(Annotated[list[Stroke], Field(max_length=MAX_STROKES)])


def read_strokes(data: bytes) -> list[Stroke]:
    """Strokes from their JSON.

    Raises:
        StrokeError: they are malformed or too many.
    """
    try:
        strokes = _STROKES.validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise StrokeError(f"the drawing cannot be read: {place}: {first['msg']}") from None
    if sum(len(stroke.points) for stroke in strokes) > MAX_POINTS:
        raise StrokeError("the drawing has too many strokes: erase some of it first")
    return strokes
