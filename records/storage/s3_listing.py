"""Lists a bucket with keys that ``obstore`` cannot hold, such as ``tab\\tname.jpg`` or ``spring//a.jpg``.

One such key makes ``obstore`` refuse the whole listing, so that good neighbours would never be seen. ``boto3`` takes
every key; it is imported only here, when such a key is met.
"""

import os
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlparse

from line.errors import ServiceError
from records.storage.listing import Level, Listed

PROBLEM: Final = (
    "Its key holds a control character, an empty folder name, '.' or '..' and cannot be read; rename it."
)


def list_all(url: str, prefix: str, after: str = "") -> Iterator[Listed]:
    """Every object below ``prefix`` whose key comes after ``after``, in the order of the service.

    Args:
        url: ``s3://bucket/prefix`` of the bucket that ``prefix`` is relative to.
    """
    root = _root(url)
    for page in _pages(url, Prefix=f"{root}{prefix}/"):
        for item in page.get("Contents", []):
            key = str(item["Key"]).removeprefix(root)
            if key.encode() > after.encode():
                yield _listed(key, item)


def list_level(url: str, prefix: str) -> Level:
    """Keys of the folders and of the objects directly below ``prefix``."""
    root = _root(url)
    folders: list[str] = []
    files: list[str] = []
    for page in _pages(url, Prefix=f"{root}{prefix}/", Delimiter="/"):
        folders += [
            str(item["Prefix"]).removeprefix(root).rstrip("/") for item in page.get("CommonPrefixes", [])
        ]
        files += [str(item["Key"]).removeprefix(root) for item in page.get("Contents", [])]
    return Level(folders, [key for key in files if key != f"{prefix}/"])


def _listed(key: str, item: dict[str, Any]) -> Listed:
    folder_object = key.endswith("/") and item["Size"] == 0
    name = key.rstrip("/") if folder_object else key
    problem = "" if folder_object or _is_plain(name) else PROBLEM
    return Listed(name.replace("\0", "�"), item["Size"], item["ETag"], item["LastModified"], problem)


def _is_plain(key: str) -> bool:
    return (
        "//" not in key
        and not any(
            part in (".", "..") or any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in part)
            for part in key.split("/")
        )
        and str(PurePosixPath(key)) == key
    )


def _root(url: str) -> str:
    path = urlparse(url).path.strip("/")
    return f"{path}/" if path else ""


def _pages(url: str, **options: str) -> Iterator[dict[str, Any]]:
    """The answers of ListObjectsV2 for the bucket of an ``s3://`` URL, up to 1,000 keys each.

    Raises:
        ServiceError: the bucket cannot be listed.
    """
    import boto3  # slow to import, and hardly ever needed
    from botocore.exceptions import BotoCoreError, ClientError

    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT")
    client = boto3.client("s3", endpoint_url=endpoint)
    try:
        yield from client.get_paginator("list_objects_v2").paginate(Bucket=urlparse(url).netloc, **options)
    except (BotoCoreError, ClientError) as error:
        raise ServiceError(f"{url}: cannot list: {error}") from error
