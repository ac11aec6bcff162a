"""Maximum and minimum sizes of a photo, checked from its header before any pixel is decoded."""

from dataclasses import dataclass

from imaging.refusal import RefusedError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file.

    Attributes:
        max_bytes: of the file.
        max_pixels: width times height.
        max_side / min_side: of the longer / shorter side, in pixels.
        first_frame: take the first picture of an animation or a multi-page file instead of refusing it.
    """

    max_bytes: int = 64_000_000
    max_pixels: int = 64_000_000
    max_side: int = 20_000
    min_side: int = 16
    first_frame: bool = False

    def check_bytes(self, count: int) -> None:
        """Raise RefusedError ``too_many_bytes``."""
        if count > self.max_bytes:
            raise RefusedError(
                "too_many_bytes",
                f"The file has {count / 1e6:.1f} MB; at most {self.max_bytes / 1e6:.0f} MB are taken.",
            )

    def check_size(self, width: int, height: int) -> None:
        """Raise RefusedError ``too_many_pixels``, ``side_too_long`` or ``side_too_short``."""
        size = f"The picture is {width} × {height} pixels"
        if max(width, height) > self.max_side:
            raise RefusedError("side_too_long", f"{size}; no side may be longer than {self.max_side}.")
        if width * height > self.max_pixels:
            limit = f"{self.max_pixels / 1e6:.0f} megapixels"
            raise RefusedError("too_many_pixels", f"{size}; at most {limit} are taken.")
        if min(width, height) < self.min_side:
            raise RefusedError("side_too_short", f"{size}; no side may be shorter than {self.min_side}.")

    def check_frames(self, frames: int) -> None:
        """Raise RefusedError ``several_frames``, unless ``first_frame`` is set."""
        if frames > 1 and not self.first_frame:
            raise RefusedError(
                "several_frames",
                f"The file holds {frames} pictures (an animation or pages); please send one still picture.",
            )
