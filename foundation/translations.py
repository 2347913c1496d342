"""Translations: the English of every text. Italian is the source language, so it needs no catalogue of its own.

`make translations` brings new texts into `translations/en`; a test fails while one has no English. What is committed
is the source only: it is compiled at the first start after it changed, and kept beside the data of this clone.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.support import Translations
from flask import Flask
from flask_babel import Domain
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from foundation.formats import ENGLISH, ITALIAN, readers_language
from foundation.ids import new_id
from foundation.postgres_place import default_directory

SOURCE: Final = Path(__file__).resolve().parent.parent / "translations" / ENGLISH / "LC_MESSAGES" / "messages.po"
_DOMAIN: Final = "messages"
_DIGITS_OF_A_VERSION: Final = 16


def install(app: Flask, babel: Any) -> None:  # noqa: ANN401 - Flask-Babel publishes no types
    """Hand the English catalogue to Flask-Babel, which then looks for no compiled file."""
    english = catalogue(SOURCE, default_directory().parent / "translations")
    texts = {ITALIAN: Translations(), ENGLISH: english}
    babel.domain_instance = _Texts(texts)
    said = _said(texts)
    app.jinja_env.globals.update(gettext=said, _=said)


class _Texts(Domain):  # type: ignore[misc] # Flask-Babel publishes no types
    """Both languages, held: a page says some hundred texts, and Flask-Babel would look for its folders each time."""

    def __init__(self, texts: Mapping[str, Translations]) -> None:
        super().__init__(domain=_DOMAIN)
        self._texts = texts

    def get_translations(self) -> Translations:
        """The texts of the reader's language."""
        return self._texts[readers_language()]


def _said(texts: Mapping[str, Translations]) -> Callable[..., str]:
    """Jinja's `_`: a text in the reader's language; as Jinja's own, always a format, and escaped where the page is."""

    @cache
    def plain(language: str, message: str, escaped: bool) -> str:  # noqa: FBT001 - a key by name costs twice as much
        text: str = texts[language].gettext(message)
        return (Markup(text) if escaped else text) % {}  # noqa: S704 - our own texts

    @pass_eval_context
    def said(evaluated: EvalContext, message: str, **values: object) -> str:
        escaped = bool(evaluated.autoescape)
        if not values:
            return plain(readers_language(), message, escaped)
        text: str = texts[readers_language()].gettext(message)
        return (Markup(text) if escaped else text) % values  # noqa: S704 - our own texts; values are escaped

    return said


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
