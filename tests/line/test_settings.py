"""Settings from the environment."""

from pathlib import Path

import pytest

from line.errors import SettingsError
from line.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SLUICE_{name.upper()}", raising=False)


def test_nothing_needs_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert load_settings().home_folder == Path("/home/someone/.sluice")
    assert load_settings().bucket == "file:///home/someone/.sluice/bucket"
    assert load_settings().device == "cpu"


def test_the_bucket_lies_in_the_state_folder_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_HOME", "/srv/my line")
    assert load_settings().bucket == "file:///srv/my%20line/bucket"
    monkeypatch.setenv("SLUICE_BUCKET_URL", "s3://photos")
    assert load_settings().bucket == "s3://photos"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SLUICE_LEASE_SECONDS", "soon"),
        ("SLUICE_LEASE_SECONDS", "0"),
        ("SLUICE_QUIET_SECONDS", "-1"),
        ("SLUICE_MICRO_BATCH", "0"),
        ("SLUICE_MICRO_BATCH", "1.5"),
        ("SLUICE_PLUGINS", '["a"'),
        ("SLUICE_PLUGINS", "[1]"),
    ],
)
def test_an_unusable_value_is_refused_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"^{variable}: "):
        load_settings()


def test_servers_that_nobody_named_are_asked_for_by_their_variable() -> None:
    with pytest.raises(SettingsError, match="SLUICE_DATABASE_URL"):
        load_settings().database()
    with pytest.raises(SettingsError, match="SLUICE_BROKER_URL"):
        load_settings().broker()


@pytest.mark.parametrize("value", ['["one", "two"]', "one,two", " one , two,"])
def test_plugins_are_a_json_list_or_names_between_commas(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SLUICE_PLUGINS", value)
    assert load_settings().plugins == ("one", "two")


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_DATABASE_URL", "postgresql+psycopg://sluice:s3cret@db/sluice")
    monkeypatch.setenv("SLUICE_BROKER_URL", "redis://:s3cret@redis/0")
    assert "s3cret" not in f"{load_settings()!r} {load_settings()} {load_settings().model_dump()}"
    assert "s3cret" in load_settings().database()


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_settings_cannot_be_changed_on_the_way() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().device = "cuda:0"  # type: ignore[misc]
