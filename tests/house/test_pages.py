import re
from pathlib import Path

import pytest

from tests.house.source import ROOT, files, keep

# Mails are styled in place because mail programs drop style sheets; they are never shown under our own policy.
PAGES = tuple(
    path for path in files() if path.suffix in {".html", ".jinja"} and not {"mail", "mails"} & set(path.parts)
)
FRAME = re.compile(r"{%-?\s*set\s+(who|nav|here|principal|cart_count|seller|simulator_in_use|links|active_company)\s*=")
FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(
        r"<script\b(?![^>]*\ssrc\s*=)(?![^>]*type=\"application/(ld\+)?json\")", re.IGNORECASE
    ),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "an asset of another host": re.compile(
        r"<(script|link|img|iframe)\b[^>]*\s(src|href)\s*=\s*[\"']https?://", re.IGNORECASE
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_pages_obey_the_content_security_policy(what: str) -> None:
    found = [
        f"{path}:{number}"
        for path in PAGES
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if FORBIDDEN[what].search(line)
    ]
    keep(f"A page must not hold {what}: put it into static/ and refer to it by class, id or data attribute.", found)


def test_no_page_takes_a_name_of_its_frame() -> None:
    """A page that sets `who` would be shown as somebody else's: the names the frame reads belong to the frame."""
    taken = [
        f"{path}: {name}"
        for path in PAGES
        if '{% extends "layout.html" %}' in _text(path)
        for name in FRAME.findall(_text(path))
    ]
    keep("Give the page's own value another name.", taken)


def _text(path: Path) -> str:
    return re.sub(r"\{#.*?#\}", "", (ROOT / path).read_text(), flags=re.DOTALL)
