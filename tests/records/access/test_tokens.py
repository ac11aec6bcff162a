"""Tokens in the records."""

from functools import partial

import pytest

from line.errors import InputError
from records.access import tokens
from records.access.tokens import Scope
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def create(name: str) -> str:
    return transact(partial(tokens.create, name=name, scopes=[Scope.READ], created_by="person:ada"))


def test_a_name_is_free_again_after_its_token_was_revoked() -> None:
    first = create("shop")
    with pytest.raises(InputError, match="already"):
        create("shop")
    transact(partial(tokens.revoke, name="shop"))
    assert create("shop") != first
    with pytest.raises(InputError, match="no token"):
        transact(partial(tokens.revoke, name="nobody"))


@pytest.mark.parametrize("name", ["", "a b", "x" * 61, "a\nb", "person:ada"])
def test_a_name_that_could_pose_as_another_actor_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="letters"):
        create(name)


def test_its_use_is_noted_at_most_once_a_minute() -> None:
    text = create("often")
    first = transact(partial(tokens.authenticate, text=text))
    assert first is not None
    assert first.used_at is None
    noted = transact(partial(tokens.authenticate, text=text))
    assert noted is not None
    again = transact(partial(tokens.authenticate, text=text))
    assert again is not None
    assert noted.used_at == again.used_at is not None
    db_builders.execute("UPDATE tokens SET used_at = now() - interval '2 minutes' WHERE name = 'often'")
    transact(partial(tokens.authenticate, text=text))
    (row,) = [token for token in transact(tokens.listed) if token.name == "often"]
    assert row.used_at is not None
    assert noted.used_at is not None
    assert row.used_at >= noted.used_at


def test_all_processes_sign_with_one_secret_and_each_purpose_has_its_own() -> None:
    first, again = (transact(partial(tokens.signing_secret, purpose="links")) for _ in range(2))
    assert first == again
    assert len(first) == 32
    assert transact(partial(tokens.signing_secret, purpose="other")) != first
