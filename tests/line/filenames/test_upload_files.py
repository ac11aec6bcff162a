import pytest

from line.filenames.upload_files import FileKind, kind_of


@pytest.mark.parametrize(
    "path",
    [
        "._green.jpg",
        ".AppleDouble/green.jpg",
        "sub/@eaDir/SYNOPHOTO_THUMB_M.jpg",
        "Thumbs.DB",
        "sub/Desktop.ini",
        ".picasa.ini",
        ".nomedia",
        "a.jpg:Zone.Identifier",
        "a.jpg:Zone.Identifier:$DATA",
        "__MACOSX/._a.jpg",
        "$RECYCLE.BIN/a.jpg",
        "System Volume Information/x",
        "sub\\thumbs.db",
        "~$list.xlsx",
        ".@__thumb/a.jpg",
    ],
)
def test_what_systems_leave_behind_is_litter_in_any_case(path: str) -> None:
    assert kind_of(path) is FileKind.LITTER
    assert kind_of(path.upper()) is FileKind.LITTER


@pytest.mark.parametrize(
    "path",
    [
        "b.jpg.filepart",
        ".c.jpg.Xa82kQ",
        "d.jpg.part",
        "e.jpg.crdownload",
        "sub/f.jpg.TMP",
        ".in.g.jpg.",
        ".pureftpd-upload.5f1.15.1a2b",
        ".rsync-partial/h.jpg",
        ".~tmp~/i.jpg",
        ".goutputstream-XY12Z1",
    ],
)
def test_temporary_names_of_transfer_programs_mean_still_arriving(path: str) -> None:
    assert kind_of(path) is FileKind.TEMPORARY


@pytest.mark.parametrize("path", ["green.xmp", "list.CSV", "sub/readme.txt", "prices.xlsx", "photos.sha256"])
def test_sidecars_are_no_pictures(path: str) -> None:
    assert kind_of(path) is FileKind.SIDECAR


@pytest.mark.parametrize(
    "path",
    [
        "a.jpg",
        "SKU 4711#2",
        ".hidden.jpg",
        ".c.photo.jpg",
        "part.jpg",
        "tmp/a.jpg",
        "no suffix",
        "thumbs.db.jpg",
        "report.pdf",
        ".a.picture",
    ],
)
def test_everything_else_goes_to_admission(path: str) -> None:
    assert kind_of(path) is FileKind.PICTURE
