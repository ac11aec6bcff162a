import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from line.filenames.names import delivered_name, fold, safe_path

NASTY = st.text(st.sampled_from("./\\:ab \0\n\u202e\u200fé\u0301ßCONnul~*?\ud800😀"), max_size=40)
NAMES = st.one_of(st.text(max_size=80), NASTY, st.lists(NASTY, max_size=5).map("/".join))


@settings(max_examples=80, deadline=None)
@given(NAMES)
@example("../../etc/passwd")
@example("..\\..\\windows\\system32")
@example("C:\\shop\\a.jpg")
@example("/" * 50)
@example("a/../../b")
@example(".. /. ./x")
def test_a_safe_path_stays_below_its_folder(name: str) -> None:
    path = safe_path(name)
    base = Path("/base")
    assert (base / path).resolve().is_relative_to(base)
    assert (base / path).resolve() != base
    assert not PureWindowsPath(path).is_absolute()
    assert not PureWindowsPath(path).drive
    assert ".." not in path.split("/")


@settings(max_examples=80, deadline=None)
@given(NAMES)
def test_a_safe_path_can_be_written_anywhere(name: str) -> None:
    path = safe_path(name)
    path.encode("utf-8")
    assert len(path.encode()) <= 1024
    assert unicodedata.is_normalized("NFC", path)
    for component in path.split("/"):
        assert 1 <= len(component.encode()) <= 200
        assert not component.endswith((".", " "))
        assert not PureWindowsPath(component).is_reserved()
        assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in component)
        assert not set(component) & set('\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200e\u200f\\:*?"<>|')


@settings(max_examples=80, deadline=None)
@given(NAMES)
def test_a_safe_path_is_left_alone(name: str) -> None:
    assert safe_path(safe_path(name)) == safe_path(name)


@pytest.mark.parametrize(
    "name", ["spring/shoe 1.jpg", "Größe/靴.jpeg", "👩‍👧/a.png", ".hidden", "a..b/c.jpg"]
)
def test_ordinary_names_are_kept(name: str) -> None:
    assert safe_path(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../a.jpg", "_/a.jpg"),
        ("", "_"),
        ("con.jpg", "_con.jpg"),
        ("NUL", "_NUL"),
        ("lpt1.tar.gz", "_lpt1.tar.gz"),
        ("console.jpg", "console.jpg"),
        ("gpj.\u202ephoto.exe", "gpj._photo.exe"),
        ("cafe\u0301.jpg", "café.jpg"),
        ("a\0.jpg", "a_.jpg"),
        ("a. ", "a_"),
    ],
)
def test_each_danger_has_its_answer(name: str, safe: str) -> None:
    assert safe_path(name) == safe


def test_long_names_stay_apart_and_keep_their_suffix() -> None:
    first, second = (safe_path("靴" * 300 + end) for end in ("1.jpg", "2.jpg"))
    assert first != second
    assert first.endswith(".jpg")
    assert safe_path("x/" * 600 + "a.jpg").endswith("/a.jpg")


def test_a_picture_keeps_its_name_where_the_suffix_fits() -> None:
    assert delivered_name("a/b.jpg", ".jpg") == "a/b.jpg"
    assert delivered_name("a/b.JPEG", ".jpg") == "a/b.JPEG"
    assert delivered_name("a/b.png", ".jpg") == "a/b.png.jpg"
    assert delivered_name("a.d/b", ".jpg") == "a.d/b.jpg"
    assert delivered_name("b.png", ".png") == "b.png"
    assert delivered_name("b.jpeg", ".webp") == "b.jpeg.webp"


@given(NASTY, st.sampled_from([".jpg", ".png", ".webp"]), st.sampled_from([".jpg", ".png", ".webp"]))
def test_one_stem_with_two_suffixes_is_never_one_file(stem: str, first: str, second: str) -> None:
    names = {delivered_name(f"{stem}a{suffix}", ".jpg") for suffix in (first, second)}
    assert len(names) == len({first, second})


def test_names_that_differ_only_in_case_or_normal_form_fold_together() -> None:
    assert fold("Café.JPG") == fold("cafe\u0301.jpg")
    assert fold("STRASSE") == fold("straße")
    assert fold("a.jpg") != fold("b.jpg")


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)
