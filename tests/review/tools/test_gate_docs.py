"""The page of all gates is what the gates say of themselves."""

from pathlib import Path

from review.tools.gate_docs import page

ROOT = Path(__file__).parents[3]


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "gates.md").read_text("utf-8")
    assert written == page(), "write it anew: python -m bench.gates --docs"
