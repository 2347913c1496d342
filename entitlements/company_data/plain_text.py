"""Text as people paste it, made plain: one form of blanks and quotes, a length, no hidden characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from entitlements.company_data.problems import Problem

NAME_LENGTH = 80
LINE_LENGTH = 60
KEPT_LENGTH = 300
_READ_LENGTH = 4000
_LAST_LATIN = 0x17F
_LAST_ASCII = 0x7E

# Word processors put these in place of what the keyboard has; an electronic invoice refuses them.
_TYPOGRAPHIC = str.maketrans({"‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-"})
# A byte-order mark, a zero-width blank or a soft hyphen comes along with text copied from a PDF, unseen.
_INVISIBLE = str.maketrans(dict.fromkeys("\ufeff\u200b\u00ad"))


def raw_text(raw: Mapping[str, str], name: str) -> str:
    """The text written in a field, empty when the field is absent or is no text."""
    value: object = raw.get(name, "")
    return value if isinstance(value, str) else ""


def plain(text: str) -> str:
    """One line with single blanks, composed accents and typewriter quotes."""
    composed = unicodedata.normalize("NFC", text[:_READ_LENGTH]).translate(_INVISIBLE)
    return " ".join(composed.translate(_TYPOGRAPHIC).split())


def is_latin(text: str) -> bool:
    """Whether every character is a visible one of the Latin alphabets: no control, no right-to-left, no emoji."""
    return all(
        ord(character) <= _LAST_LATIN and not unicodedata.category(character).startswith("C") for character in text
    )


def is_ascii_visible(text: str) -> bool:
    """Whether every character is a visible one of Basic Latin, blank included."""
    return all(" " <= character <= chr(_LAST_ASCII) for character in text)


def compact(text: str, also: str = "") -> str:
    """An identifier without the blanks, dots, hyphens and slashes people group it with, in capitals.

    A character outside ASCII is left as it is, so that the check of the identifier refuses it instead of
    reading some other letter into it (the capital of `ß` is `SS`).
    """
    kept = "".join(
        character
        for character in text[:_READ_LENGTH].translate(_INVISIBLE)
        if not character.isspace() and character not in ".-/" and character not in also
    )
    return kept.upper() if kept.isascii() else kept


def check_line(text: str, name: str, code: str, maximum: int) -> str | Problem:
    """A required line of Latin text with at least one letter or digit.

    Errors: `<code>_missing`, `_too_long`, `_characters`.
    """
    if len(text) > _READ_LENGTH:
        return Problem(name, f"{code}_too_long", {"maximum": str(maximum), "written": str(len(text))})
    line = plain(text)
    if not line:
        return Problem(name, f"{code}_missing")
    if len(line) > maximum:
        return Problem(name, f"{code}_too_long", {"maximum": str(maximum), "written": str(len(line))})
    if not is_latin(line) or not any(character.isalnum() for character in line):
        return Problem(name, f"{code}_characters")
    return line


def check_note(text: str, name: str, code: str = "note") -> str | Problem:
    """A short note in somebody's own words, on one line. Errors: `<code>_missing`, `_too_long`, `_characters`."""
    return check_line(text, name, code, KEPT_LENGTH)


def check_person_name(text: str, name: str, code: str) -> str | Problem:
    """A first or a last name: a line of text without digits."""
    line = check_line(text, name, code, LINE_LENGTH)
    if isinstance(line, str) and any(character.isdigit() for character in line):
        return Problem(name, f"{code}_characters")
    return line


def keepable(text: str) -> str:
    """What may be stored and shown again of a text that was refused: no hidden characters, 300 at most."""
    seen = (
        character if not unicodedata.category(character).startswith("C") else " " for character in text[:_READ_LENGTH]
    )
    return " ".join("".join(seen).split())[:KEPT_LENGTH]
