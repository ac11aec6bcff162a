"""Users of the S3 server with rights of their own: its policies are enforced while the context lasts."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from moto import settings as moto_settings
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]

READ = ("s3:Get*", "s3:List*")
ALL = ("*",)


class Users:
    """Makes users and changes their rights."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._iam: Any = boto3.client("iam", endpoint_url=variables["AWS_ENDPOINT_URL"], **_ROOT)
        self._admin = self.add("admin", ALL)

    def add(self, name: str, actions: tuple[str, ...]) -> dict[str, str]:
        """A user who may do ``actions``; the variables with which a process acts as that user."""
        if name not in {
            user["UserName"] for user in self._iam.list_users()["Users"]
        }:  # one server serves several tests
            self._iam.create_user(UserName=name)
        self.allow(name, actions)
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def allow(self, name: str, actions: tuple[str, ...]) -> None:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=policy)

    @contextmanager
    def enforced(self) -> Iterator[dict[str, str]]:
        """Requests need rights from now on; answers the variables of a user who has them all."""
        root = self._iam
        self._iam = boto3.client(
            "iam",
            endpoint_url=self._variables["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=self._admin["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._admin["AWS_SECRET_ACCESS_KEY"],
        )
        before = moto_settings.INITIAL_NO_AUTH_ACTION_COUNT
        moto_settings.INITIAL_NO_AUTH_ACTION_COUNT = 0.0
        ActionAuthenticatorMixin.request_count = 0
        try:
            yield self._admin
        finally:
            moto_settings.INITIAL_NO_AUTH_ACTION_COUNT = before
            self._iam = root


_ROOT: dict[str, Any] = {
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
    "region_name": "us-east-1",
}
