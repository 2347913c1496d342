"""Agreements with professional orders: a code that takes a share off some kinds of products (F004-26).

Data of the catalogue: who knows a code may use it until its last day; the lines of a quote keep what it took off then.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from foundation.database import JsonObject
from pricing import Money, discount_on
from shop.catalogue.products import Label, label_of
from shop.catalogue.refusals import Refusal
from shop.catalogue.sentences import AGREEMENT_FITS_NOTHING, AGREEMENT_OVER, UNKNOWN_AGREEMENT

MOST_OF_A_CODE = 30


@dataclass(frozen=True, slots=True)
class Agreement:
    """`basis_points` off every product whose kind is among `kinds`, up to `last_day` included; None: without an end."""

    code: str
    label: Label
    basis_points: int
    kinds: frozenset[str]
    last_day: date | None

    def taken_off(self, kind: str, net: Money) -> Money:
        """What is taken off a line of this kind."""
        return discount_on(net, self.basis_points if kind in self.kinds else 0)


def agreement_of(table: JsonObject) -> Agreement:
    """An agreement of a checked file."""
    last_day = table.get("last_day")
    return Agreement(
        code=table["code"],
        label=label_of(table),
        basis_points=table["basis_points"],
        kinds=frozenset(table["kinds"]),
        last_day=date.fromisoformat(last_day) if last_day else None,
    )


REASONS = frozenset({"UNKNOWN_AGREEMENT", "AGREEMENT_OVER", "AGREEMENT_FITS_NOTHING"})
"""Why a code does not count."""


def typed_code(typed: str) -> str:
    """A code as somebody wrote it, in its one spelling."""
    return "".join(typed.split()).upper()[:MOST_OF_A_CODE]


def agreement_for(
    agreements: Mapping[str, Agreement], code: str | None, on: date, kinds: Collection[str]
) -> Agreement | Refusal | None:
    """The agreement of a code for products of these kinds; why it does not count; or None where none was named."""
    if not code:
        return None
    found = agreements.get(code)
    if found is None:
        return Refusal("UNKNOWN_AGREEMENT", UNKNOWN_AGREEMENT)
    if found.last_day is not None and on > found.last_day:
        return Refusal("AGREEMENT_OVER", AGREEMENT_OVER)
    if found.kinds.isdisjoint(kinds):
        return Refusal("AGREEMENT_FITS_NOTHING", AGREEMENT_FITS_NOTHING)
    return found
