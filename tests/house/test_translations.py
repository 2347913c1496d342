import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from foundation.translations import SOURCE
from tests.house.source import ROOT, keep

_PLACES = re.compile(r"%\(\w+\)[sd]|%%|%(?!\()\S?")
_LAW = re.compile(r"\b(?:1341|1342|c\.c\.|640/72)")


@cache
def said() -> Catalog:
    """Every text of the product, extracted as `make translations` does."""
    makefile = (ROOT / "Makefile").read_text()
    places = re.search(r"^TEXTS = (.*)$", makefile, re.MULTILINE)
    assert places is not None, "the Makefile says where texts are"
    with TemporaryDirectory() as folder:
        found = Path(folder) / "messages.pot"
        command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "--mapping", "pyproject.toml"]
        subprocess.run([*command, "--output", str(found), *places[1].split()], check=True, cwd=ROOT)
        with found.open("rb") as file:
            return read_po(file)


@cache
def english() -> Catalog:
    with SOURCE.open("rb") as file:
        return read_po(file, locale="en")


def test_every_text_has_its_english() -> None:
    written = {_key(message) for message in _texts(english()) if all(_forms(message.string))}
    missing = [_shown(message) for message in _texts(said()) if _key(message) not in written]
    keep("Run `make translations`, then write the English of these into translations/en.", missing)


def test_no_english_is_left_of_a_text_that_is_gone() -> None:
    known = {_key(message) for message in _texts(said())}
    left = [_shown(message) for message in _texts(english()) if _key(message) not in known]
    left += [str(message) for message in english().obsolete]
    keep("Run `make translations`: it takes out what nothing says any more.", left)


def test_no_english_was_guessed() -> None:
    guessed = [_shown(message) for message in english() if message.fuzzy and message.id]
    keep("A text marked fuzzy was guessed from another one: write it, and take the mark away.", guessed)


def test_english_keeps_the_places_for_values() -> None:
    broken = [
        f"{_shown(message)} -> {form}"
        for message in _texts(english())
        for source, form in zip(_forms(message.id), _forms(message.string), strict=True)
        if set(_PLACES.findall(form)) - {"%(num)s"} != set(_PLACES.findall(source)) - {"%(num)s"}
        or ("%(num)s" in form and "%(num)s" not in _forms(message.id)[-1])
    ]
    keep("An English text has exactly the %(places)s of its source; of one thing it may leave out the count.", broken)


def test_english_cites_the_law_as_the_source_does() -> None:
    broken = [
        _shown(message)
        for message in _texts(english())
        if sorted(_LAW.findall(_forms(message.id)[0])) != sorted(_LAW.findall(_forms(message.string)[0]))
    ]
    keep("Articles of law are the same in every language.", broken)


def test_english_keeps_the_tone() -> None:
    loud = [_shown(message) for message in _texts(english()) if any("!" in form for form in _forms(message.string))]
    keep("No exclamation marks: say what happens next.", loud)


def _texts(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    return message.context, _forms(message.id)


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _shown(message: Message) -> str:
    places = sorted({name for name, _line in message.locations})
    return f"{_forms(message.id)[0]!r} ({', '.join(places[:2])})"
