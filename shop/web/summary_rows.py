"""The lines of a cart as a summary lists them: every line that is charged at its full price, then what is taken off."""

from collections.abc import Mapping
from typing import cast

from foundation import formats
from pricing import Money
from shop.quotes import PricedCart, PricedLine
from shop.web.extension_cards import how_it_is_made
from shop.web.formula_words import agreement_named


def rows_of(priced: PricedCart) -> list[tuple[str, str, int]]:
    """Name, how the price is made, and cents: extensions included, so that the rows add up to the net."""
    rows = [(_name(line), _detail(line), line.quoted.full_net.cents) for line in priced.lines]
    return rows + [(agreement_named(code), "", taken.cents) for code, taken in _taken_off(priced).items()]


def _taken_off(priced: PricedCart) -> dict[str, Money]:
    taken: dict[str, Money] = {}
    for line in priced.lines:
        for adjustment in line.quoted.adjustments:
            taken[adjustment.code] = taken.get(adjustment.code, Money(0)) + adjustment.net
    return taken


def _name(line: PricedLine) -> str:
    names = cast("Mapping[str, str]", line.quoted.description["names"])
    return names.get(formats.readers_language()) or names["it"]


def _detail(line: PricedLine) -> str:
    if line.service is not None:
        return how_it_is_made(line.service)
    language, quoted = formats.readers_language(), line.quoted
    if quoted.quantity == 1:
        return ""
    return f"{formats.number(quoted.quantity, language)} × {formats.money(quoted.unit_net.cents, language)}"
