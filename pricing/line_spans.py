"""What a line of a quote buys of a yearly price: whole years, or the days that carry a running lot to a later end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from pricing.canonical import JsonValue, Reading
from pricing.errors import MalformedQuote
from pricing.money import Money
from pricing.proration import AnnualPrice, Formula, ProrationMode
from pricing.terms import Term


@dataclass(frozen=True, slots=True)
class WholeYears:
    """The full price of so many years: a new service, or a renewal (F004-22)."""

    years: int = 1

    def formula(self, unit_net: Money, quantity: int) -> Formula:
        """Price × quantity × years. `InvalidQuantity` outside 1 to ten years."""
        return AnnualPrice(unit_net, quantity).for_years(self.years)


@dataclass(frozen=True, slots=True)
class PartOfYears:
    """The days from `starts_on` to `ends_on` of a lot whose price term began on `anchor_on`; both ends half-open (D3).

    Raises `InvalidTerm` when there is no such day.
    """

    anchor_on: date
    starts_on: date
    ends_on: date
    mode: ProrationMode = ProrationMode.TELESCOPING

    def __post_init__(self) -> None:
        Term(self.starts_on, self.ends_on)
        if self.anchor_on != self.starts_on:
            Term(self.anchor_on, self.starts_on)

    def formula(self, unit_net: Money, quantity: int) -> Formula:
        """Price × quantity × months / 12, telescoping from the anchor unless `mode` says otherwise."""
        return AnnualPrice(unit_net, quantity, self.mode).between(self.anchor_on, self.starts_on, self.ends_on)


LineSpan: TypeAlias = WholeYears | PartOfYears


def span_to_json(span: LineSpan | None) -> Mapping[str, JsonValue] | None:
    """A span as a quote stores it; null for a line that is not priced by the year."""
    if span is None:
        return None
    if isinstance(span, WholeYears):
        return {"years": span.years}
    return {
        "anchor_on": span.anchor_on.isoformat(),
        "starts_on": span.starts_on.isoformat(),
        "ends_on": span.ends_on.isoformat(),
        "mode": span.mode.value,
    }


def span_from_json(stored: Reading) -> LineSpan | None:
    """A span as it was stored. `MalformedQuote` names the first fault."""
    if stored.value is None:
        return None
    if "years" in stored.object():
        return WholeYears(stored.at("years").integer())
    mode = stored.at("mode")
    if mode.text() not in set(ProrationMode):
        raise MalformedQuote(mode.pointer)
    return PartOfYears(
        anchor_on=stored.at("anchor_on").day(),
        starts_on=stored.at("starts_on").day(),
        ends_on=stored.at("ends_on").day(),
        mode=ProrationMode(mode.text()),
    )
