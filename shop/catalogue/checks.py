"""Reading a catalogue file: either a catalogue without a single mistake, or every mistake with its line."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from foundation.database import JsonObject
from pricing import canonical_json
from shop.catalogue.mistakes import Mistake, Report, Spot
from shop.catalogue.readers import shown
from shop.catalogue.rules import apply_rules, members
from shop.catalogue.schema import CATALOGUE
from shop.catalogue.toml_lines import Path, lines_of

MAXIMUM_CHARACTERS = 1_000_000
_LONGEST_LINE = 5_000
_AT_LINE = re.compile(r"\(at line ([0-9]+),")
_DETAIL = re.compile(r" \(at .*\)$")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A checked catalogue: the file's own keys and values as plain JSON, prices as texts of exact cents."""

    document: JsonObject

    @property
    def valid_from_on(self) -> date:
        """The first Rome day on which it is in force."""
        return date.fromisoformat(self.document["valid_from"])

    @property
    def products(self) -> tuple[JsonObject, ...]:
        """Definitions of the products, in the order of the file."""
        return tuple(self.document["product"])

    @property
    def sha256(self) -> str:
        """Fingerprint of the content: comments, blanks and the order of keys change nothing."""
        return hashlib.sha256(canonical_json(self.document).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CatalogueCheck:
    """What a file turned out to be: `catalogue` is None exactly when there are `mistakes`."""

    catalogue: Catalogue | None
    mistakes: tuple[Mistake, ...]

    @property
    def products(self) -> tuple[JsonObject, ...]:
        """Definitions of the products; none when anything is wrong."""
        return self.catalogue.products if self.catalogue else ()


def check_catalogue(text: str) -> CatalogueCheck:
    """Read a catalogue file; never raises, whatever the text."""
    report = Report({}, ())
    _check_size(text, report)
    read = None if report.mistakes else _parse(text, report)
    if read is None:
        return CatalogueCheck(None, report.in_order())
    parsed, lines = read
    report = Report(lines, _labels(parsed))
    top = Spot(report, ())
    document = CATALOGUE(top, parsed)
    if isinstance(document, dict):
        apply_rules(top, document)
    if report.mistakes or not isinstance(document, dict):
        return CatalogueCheck(None, report.in_order())
    return CatalogueCheck(Catalogue(document), ())


def _check_size(text: str, report: Report) -> None:
    if len(text) > MAXIMUM_CHARACTERS:
        report.refuse((), "too_large", maximum=MAXIMUM_CHARACTERS)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        # A line of a hundred thousand dots or brackets would keep the reader busy for minutes.
        if len(line) > _LONGEST_LINE:
            report.lines = {("line",): number}
            report.refuse(("line",), "line_too_long", maximum=_LONGEST_LINE)
    try:
        text.encode()
    except UnicodeEncodeError:
        report.refuse((), "not_utf8")


def _parse(text: str, report: Report) -> tuple[dict[str, Any], Mapping[Path, int]] | None:
    try:
        return tomllib.loads(text), lines_of(text)
    except RecursionError:
        report.refuse((), "too_deep")
    except ValueError as error:
        # Also a whole number of thousands of digits, which Python itself refuses.
        found = _AT_LINE.search(str(error))
        report.lines = {("line",): int(found.group(1)) if found else text.count("\n") + 1}
        report.refuse(("line",), "not_toml", detail=shown(_DETAIL.sub("", str(error))))
    return None


def _labels(parsed: dict[str, Any]) -> list[str]:
    """How mistakes name each product: by its SKU, else by its place."""
    products = parsed.get("product")
    count = len(products) if isinstance(products, list) else 0
    skus = {place: member.get("sku") for place, member in members(products)}
    return [_label(skus.get(place), place) for place in range(count)]


def _label(sku: object, place: int) -> str:
    return shown(sku) if isinstance(sku, str) and sku.strip() else f"n. {place + 1}"
