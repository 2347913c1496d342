"""ATECO codes of every edition in use on paper: search, check, and the way from an older edition to that of 2025."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from entitlements.company_data.places import fold
from entitlements.company_data.plain_text import compact
from entitlements.company_data.problems import Problem

EDITIONS = ("2025", "2022", "2007")
"""Newest first."""
IN_USE_FROM = date(2025, 4, 1)
"""ATECO 2025 is in force from 2025-01-01; the revenue agency and the registers use it from this day."""
SEARCH_LIMIT = 50
_FULL_LENGTH = 6
_SHORT_WORD = 4
_ALL_NODES = 10_000
_QUERY_LENGTH = 100
_DIGITS = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class AtecoCode:
    """One activity: its code with dots, the edition it belongs to, its Italian title in that edition."""

    code: str
    edition: str
    title: str


def default_edition(today: date) -> str:
    """The edition to offer on a day: 2025 from 2025-04-01, that of 2022 before."""
    return "2025" if today >= IN_USE_FROM else "2022"


def check_ateco(code: str, edition: str, today: date, field: str = "ateco_code") -> AtecoCode | Problem:
    """The activity written, in the edition named; without an edition, in the newest one that has the code.

    Errors: `ateco_code_missing`, `_shape`, `_too_short`, `_unknown`, `_other_edition`; `ateco_edition_unknown`.
    """
    digits = compact(code)
    if not digits:
        return Problem(field, "ateco_code_missing")
    if not _DIGITS.fullmatch(digits):
        return Problem(field, "ateco_code_shape")
    if len(digits) < _FULL_LENGTH:
        return Problem(field, "ateco_code_too_short", {"written": str(len(digits))})
    dotted = f"{digits[:2]}.{digits[2:4]}.{digits[4:]}"
    wanted = compact(edition)
    if wanted and wanted not in EDITIONS:
        return Problem("ateco_edition", "ateco_edition_unknown")
    return _find(dotted, wanted, today, field)


def _find(dotted: str, wanted: str, today: date, field: str) -> AtecoCode | Problem:
    newest = default_edition(today)
    order = (wanted,) if wanted else (newest, *(edition for edition in EDITIONS if edition != newest))
    for edition in order:
        title = _titles(edition).get(dotted)
        if title is not None:
            return AtecoCode(dotted, edition, title)
    elsewhere = next((edition for edition in EDITIONS if dotted in _titles(edition)), "")
    if elsewhere:
        return Problem(
            field, "ateco_code_other_edition", {"code": dotted, "edition": wanted, "other_edition": elsewhere}
        )
    return Problem(field, "ateco_code_unknown", {"code": dotted})


def in_edition_2025(activity: AtecoCode) -> tuple[AtecoCode, ...]:
    """The activities of ATECO 2025 an older code became: one, several to choose from, or none.

    ISTAT publishes the passage from 2022 alone; a code of 2007 goes through it when 2022 kept the same code.
    """
    titles = _titles("2025")
    if activity.edition == "2025":
        return (activity,)
    if activity.code not in _titles("2022"):
        return ()
    import ateco  # noqa: PLC0415 - see `_nodes`

    targets = ateco.map_code(activity.code, "2022", "2025").targets
    return tuple(AtecoCode(code, "2025", titles[code]) for code in targets if code in titles)


def search_ateco(text: str, edition: str = "2025", limit: int = 20) -> tuple[AtecoCode, ...]:
    """Activities whose code begins with the digits, or whose title has all the words; the notes are read last."""
    if edition not in EDITIONS or limit < 1:
        return ()
    limit = min(limit, SEARCH_LIMIT)
    titles = _titles(edition)
    digits = compact(text[:_QUERY_LENGTH])
    if _DIGITS.fullmatch(digits):
        found = [code for code in titles if code.replace(".", "").startswith(digits)]
    else:
        found = _found_by_words(fold(text[:_QUERY_LENGTH]).split(), edition)
    return tuple(AtecoCode(code, edition, titles[code]) for code in found[:limit])


def _found_by_words(words: list[str], edition: str) -> list[str]:
    """Codes whose title has all the words whole, then begun, then codes whose notes have them, whole or begun."""
    if not words:
        return []
    whole = [f" {word} " for word in words]
    begun = [f" {_stem(word)}" for word in words]
    rounds = ((whole, "title"), (begun, "title"), (whole, "notes"), (begun, "notes"))
    found = [
        code
        for wanted, part in rounds
        for code, text in _folded(edition, part).items()
        if all(word in text for word in wanted)
    ]
    return list(dict.fromkeys(found))


def _stem(word: str) -> str:
    """A word without its last vowel, so that one commercialista finds the commercialisti."""
    return word[:-1] if len(word) > _SHORT_WORD and word[-1] in "aeio" else word


@cache
def _nodes(edition: str) -> tuple[tuple[str, str, str], ...]:
    """Code, title and notes of the six-digit activities of an edition, the only level a company is registered with.

    What a note excludes belongs to another code, so it is left out. Every code below a section has a dot, which
    makes the search for a dot the package's public way to list an edition.
    """
    # Imported here because few requests need it, and every start would wait for it.
    import ateco  # noqa: PLC0415

    return tuple(
        (node.code, node.title, " ".join(text for kind, text in node.notes.items() if kind != "esclusione"))
        for node in ateco.search(".", edition=edition, limit=_ALL_NODES)
        if node.level == "subcategory"
    )


@cache
def _titles(edition: str) -> dict[str, str]:
    return {code: title for code, title, _ in _nodes(edition)}


@cache
def _folded(edition: str, part: str) -> dict[str, str]:
    return {
        code: f" {fold(title if part == 'title' else f'{title} {notes}')} " for code, title, notes in _nodes(edition)
    }
