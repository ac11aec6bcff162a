"""An S3 server for the tests (moto, in this process), reached as any other: by URL and AWS_* variables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer


@contextmanager
def s3() -> Iterator[dict[str, str]]:
    """The variables with which a process reaches the server."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        server.stop()


def s3_client(variables: dict[str, str]) -> Any:
    """A client of the server, for what the line itself never does."""
    return boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )


def new_bucket(variables: dict[str, str]) -> str:
    """A fresh bucket; answers its URL."""
    name = f"photos-{uuid4().hex[:8]}"
    s3_client(variables).create_bucket(Bucket=name)
    return f"s3://{name}"
