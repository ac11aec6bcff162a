"""Accounts in a file: who is in it, what a password is kept as, and that changes count at once."""

import json
import stat
from pathlib import Path

import pytest

from line.errors import InputError, SettingsError
from review.desk.people import accounts as module
from review.desk.people.accounts import Accounts
from tests.harness.command import call


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setattr(module, "COST", 2)  # a test needs no slow hash
    return Accounts(tmp_path / "desk.people")


def test_only_the_right_password_of_an_account_is_right(accounts: Accounts) -> None:
    accounts.set("ada", "correct horse")
    assert accounts.is_right("ada", "correct horse")
    assert not accounts.is_right("ada", "correct horse ")
    assert not accounts.is_right("bob", "correct horse")
    assert not accounts.is_right("bob", "")


def test_the_file_is_private_and_holds_no_password(accounts: Accounts) -> None:
    accounts.set("ada", "correct horse")
    accounts.set("bob", "correct horse")
    text = accounts.path.read_text()
    assert "correct" not in text
    assert len({line.split("$")[-1] for line in text.splitlines()}) == 2, "each has a salt of its own"
    assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600


def test_a_running_desk_sees_changes_of_the_file(accounts: Accounts) -> None:
    running = Accounts(accounts.path)
    assert running.names() == []
    accounts.set("ada", "correct horse")
    assert running.is_right("ada", "correct horse")
    accounts.set("ada", "another horse")
    assert not running.is_right("ada", "correct horse")
    accounts.remove("ada")
    assert running.hash_of("ada") is None


@pytest.mark.parametrize(
    ("name", "password"), [("a b", "long enough"), ("", "long enough"), ("ada", "short")]
)
def test_names_and_passwords_that_cannot_be_used_are_refused(
    accounts: Accounts, name: str, password: str
) -> None:
    with pytest.raises(InputError):
        accounts.set(name, password)


def test_a_damaged_file_lets_nobody_in_and_names_its_line(accounts: Accounts) -> None:
    accounts.set("ada", "correct horse")
    accounts.path.write_text(accounts.path.read_text() + "bob plain-password\n")
    with pytest.raises(SettingsError, match="line 2"):
        accounts.is_right("ada", "correct horse")


def test_the_command_adds_lists_and_removes_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    added = call("people", "add", "ada", "--generate")
    assert added.code == 0
    assert Accounts(tmp_path / "desk.people").is_right("ada", added.out.strip())
    assert json.loads(call("people", "list", "--json").out) == ["ada"]
    assert call("people", "remove", "ada").code == 0
    assert call("people", "remove", "ada").code == 2
