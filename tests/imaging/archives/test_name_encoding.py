"""Names whose encoding nobody declared come out as people wrote them, or with every byte kept."""

import pytest

from imaging.archives.name_encoding import decode_name, decode_names
from line.filenames.name_bytes import percent_encoded


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp932", ["春の新作/緑の帽子.jpg", "春の新作/紫の帽子ソ.jpg", "春の新作/表示.jpg"]),
        ("gbk", ["绿色帽子.jpg", "白色衬衫.jpg"]),
        ("big5", ["綠色帽子.jpg", "白色襯衫.jpg"]),
        ("cp949", ["녹색 모자.jpg", "하얀 셔츠.jpg"]),
        ("cp866", ["Красная шапка.jpg", "Синяя рубашка.jpg"]),
        ("cp1251", ["Красная шапка.jpg", "Синяя рубашка.jpg"]),
        ("cp1252", ["Größe/Mütze grün.jpg", "Chaussures été/bébé rosé.jpg", "niño.jpg"]),
        ("cp437", ["Größe/Mütze grün.jpg", "Größe/weiß.jpg"]),
        ("latin-1", ["Mütze.jpg"]),
        ("utf-8", ["Größe.jpg", "春.jpg", "plain.jpg"]),
    ],
)
def test_the_encoding_of_an_upload_is_guessed_from_all_its_names(encoding: str, names: list[str]) -> None:
    assert decode_names([name.encode(encoding) for name in names]) == names


def test_the_vendors_encoding_is_used_instead_of_a_guess() -> None:
    raw = ["été.jpg".encode("cp850"), b"plain.jpg"]
    assert decode_names(raw, "cp850") == ["été.jpg", "plain.jpg"]


def test_names_of_several_encodings_are_guessed_one_by_one() -> None:
    names = [("绿色帽子.jpg", "gbk"), ("白色衬衫.jpg", "gbk"), ("Mütze groß.jpg", "latin-1")]
    assert decode_names([name.encode(encoding) for name, encoding in names]) == [name for name, _ in names]


def test_bytes_that_are_no_text_are_kept_as_numbers() -> None:
    raw = bytes([0x81, 0x8D, 0x8F, 0xFF]) + b"%.jpg"
    decoded = decode_name(raw)
    assert decoded.isprintable()
    assert percent_encoded(raw) == "%81%8D%8F%FF%25.jpg"
