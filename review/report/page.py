"""The report as one HTML file: styles and pictures are inside it."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import cv2
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from imaging import intermediate
from line.errors import ServiceError
from records.storage.bucket import Bucket

PICTURE_SIDE: Final = 360
"""Long side of a picture in the report (pixels)."""
JPEG_QUALITY: Final = 80


def page(document: Mapping[str, Any], bucket: Bucket) -> str:
    """The HTML of :func:`review.report.figures.figures`."""
    worst = [
        {
            **image,
            "before_picture": _picture(bucket, image["before"]),
            "after_picture": _picture(bucket, image["after"]),
        }
        for image in document["worst"]
    ]
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("page.html").render({**document, "worst": worst})


def _picture(bucket: Bucket, key: str | None) -> str | None:
    """A small JPEG of an object as a data URL; None where the object is gone or is no picture."""
    if key is None:
        return None
    try:
        rgb = intermediate.decode_rgb(bucket.get(key))
    except (ServiceError, intermediate.IntermediateError):
        return None
    scale = min(1.0, PICTURE_SIDE / max(rgb.shape[:2]))
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()
