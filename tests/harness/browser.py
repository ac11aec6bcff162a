"""Debian's Chromium, driven by Playwright, at the review desk."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import pytest

from tests.harness.desk import PASSWORD
from tests.harness.waiting import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator["Browser"]:
    """The browser; skips the test where it or Playwright is missing."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed: apt install chromium")
    sync_api.expect.set_options(timeout=1000 * PATIENCE)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def login_header(name: str) -> dict[str, str]:
    """The header by which a browser is logged in; without it the desk shows its form."""
    login = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {login}"}


@contextmanager
def visit(
    browser: "Browser",
    desk: str,
    path: str,
    *,
    name: str = "ada",
    scheme: Literal["light", "dark"] = "light",
    is_phone: bool = False,
) -> Iterator["Page"]:
    """A page of the desk, seen by a person who logged in; an error of a script fails the test."""
    context = browser.new_context(
        base_url=desk,
        extra_http_headers=login_header(name),
        color_scheme=scheme,
        viewport={"width": 390, "height": 844} if is_phone else {"width": 1280, "height": 800},
        has_touch=is_phone,
        is_mobile=is_phone,
    )
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if "Security Policy" in message.text else None
    )
    page.goto(path)
    yield page
    context.close()
    assert errors == []
