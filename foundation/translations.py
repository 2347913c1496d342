"""Translations: the English of every text. Italian is the source language, so it needs no catalogue of its own.

`make translations` brings new texts into `translations/en`; a test fails while one has no English. What is committed
is the source only: it is compiled at the first start after it changed, and kept beside the data of this clone.
"""

import hashlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.support import Translations
from flask import Flask

from foundation import postgres
from foundation.formats import ENGLISH
from foundation.ids import new_id

SOURCE: Final = Path(__file__).resolve().parent.parent / "translations" / ENGLISH / "LC_MESSAGES" / "messages.po"
_DOMAIN: Final = "messages"
_DIGITS_OF_A_VERSION: Final = 16


def install(app: Flask, babel: Any) -> None:  # noqa: ANN401 - Flask-Babel publishes no types
    """Hand the English catalogue to Flask-Babel, which then looks for no compiled file."""
    with app.app_context():
        known = babel.domain_instance.get_translations_cache(None)
    known[ENGLISH, _DOMAIN] = catalogue(SOURCE, postgres.default_directory().parent / "translations")


def catalogue(source: Path, kept_in: Path) -> Translations:
    """The texts of `source`, compiled into the folder `kept_in`, or only in memory where that cannot be written.

    The compiled file is named after what it was made from, so that a stale one is never read.
    """
    written = source.read_bytes()
    version = hashlib.sha256(written).hexdigest()[:_DIGITS_OF_A_VERSION]
    compiled = kept_in / f"{ENGLISH}-{version}.mo"
    try:
        content = compiled.read_bytes()
    except OSError:
        content = _compile(written)
        _keep(compiled, content)
    return Translations(BytesIO(content), _DOMAIN)


def _compile(written: bytes) -> bytes:
    # Imported here because it takes longer than everything else, and is needed once per version.
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(written), locale=ENGLISH))
    return compiled.getvalue()


def _keep(compiled: Path, content: bytes) -> None:
    """Keep it for the next start, whole or not at all: several processes may start at once."""
    with suppress(OSError):
        compiled.parent.mkdir(parents=True, exist_ok=True)
        former = set(compiled.parent.glob(f"{ENGLISH}-*.mo"))
        draft = compiled.with_name(f".{new_id()}")
        draft.write_bytes(content)
        draft.replace(compiled)
        for file in former - {compiled}:
            file.unlink(missing_ok=True)
