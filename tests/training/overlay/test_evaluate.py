from training.overlay.evaluate import Row, table


def row(kind: str, outcome: str, **more: object) -> Row:
    return Row("a.jpg", "set", kind, outcome, **more)  # type: ignore[arg-type]


def test_outcomes_are_counted_by_what_lies_over_the_photo() -> None:
    rows = [
        row("clean", "kept"),
        row("clean", "asked", large=True),
        row("caption", "erased", covered=1.0, overlay_area=0.1, masked_area=0.1, right_area=0.08),
        row("banner", "left", covered=0.5, overlay_area=0.3, masked_area=0.1, right_area=0.1),
        row("real", "left"),
        row("real", "asked"),
    ]
    figures = table(rows)
    assert figures["clean_asked"] == 0.5
    assert figures["clean_small_asked"] == 0
    assert figures["clean_large_asked"] == 1
    assert figures["drawn_erased"] == figures["drawn_left"] == 0.5
    assert figures["real_left"] == 0.5
    assert round(figures["pixels_found"], 3) == 0.625
    assert round(figures["pixels_precision"], 3) == 0.9


def test_real_overlays_are_alarmed_where_they_look_worse_than_all_but_a_few_clean_photos() -> None:
    clean = [row("clean", "kept", probability=number / 100) for number in range(100)]
    real = [row("real", "asked", probability=0.999), row("real", "left", probability=0.5)]
    assert table([*clean, *real])["real_alarmed_at_2%_of_clean"] == 0.5
