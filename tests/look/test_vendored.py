"""What was taken from others is unchanged, licensed, and light enough for a first view."""

import gzip
import hashlib
import tomllib
from pathlib import Path

import pytest

from tests.look.bare import ROOT, gallery

VENDOR = ROOT / "static" / "vendor"
VENDORED: list[dict[str, str]] = tomllib.loads((VENDOR / "VENDORED.toml").read_text())["file"]
FIRST_VIEW_BYTES = 100_000


@pytest.mark.parametrize("entry", VENDORED, ids=[entry["name"] for entry in VENDORED])
def test_a_vendored_file_is_what_was_published(entry: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert entry["version"] in entry["file"]
    assert entry["licence"]
    assert (VENDOR / entry["licence_file"]).stat().st_size > 0


def test_every_vendored_file_is_declared() -> None:
    declared = {entry["file"] for entry in VENDORED} | {entry["licence_file"] for entry in VENDORED} | {"VENDORED.toml"}
    assert {path.name for path in VENDOR.iterdir()} == declared


def test_the_font_carries_its_licence() -> None:
    assert "SIL OPEN FONT LICENSE" in (ROOT / "static/look/fonts/OFL.txt").read_text()


def test_a_first_view_stays_under_its_weight() -> None:
    """Texts travel compressed; the font and nothing else is compressed already."""
    texts = [VENDOR / entry["file"] for entry in VENDORED]
    texts += [
        ROOT / "static/look" / name for name in ("tokens.css", "look.css", "page.css", "gettone.js", "favicon.svg")
    ]
    weight = sum(len(gzip.compress(path.read_bytes())) for path in texts)
    weight += sum(path.stat().st_size for path in Path(ROOT / "static/look/fonts").glob("*.woff2"))
    weight += len(gzip.compress(gallery().encode()))
    print(f"first view: bytes={weight} target<={FIRST_VIEW_BYTES}")
    assert weight <= FIRST_VIEW_BYTES


def test_our_own_script_stays_small() -> None:
    assert (ROOT / "static/look/gettone.js").stat().st_size <= 4096
