import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import (
    PACKS_ONLY,
    AnnualPrice,
    InvalidQuantity,
    InvalidTerm,
    MalformedQuote,
    Money,
    PartOfYears,
    ProrationMode,
    Quote,
    QuoteRequest,
    RequestedLine,
    TierTable,
    WholeYears,
    add_months,
    canonical_json,
    price,
    replay,
)
from pricing.canonical import own_copy
from tests.pricing.values import RATES, quote_requests

BASE = RequestedLine(
    sku="BASE",
    quantity=1,
    tiers=TierTable.flat(Money(2990)),
    vat_code="22",
    span=PartOfYears(date(2026, 1, 1), date(2027, 1, 1), date(2027, 9, 15)),
)
# As the first rules stored it, word for word: it must replay for ever.
OF_THE_FIRST_RULES = Path(__file__).parent / "quote_of_policy_1.json"


def quote_of(*lines: RequestedLine) -> Quote:
    return price(QuoteRequest(lines, RATES, "7", date(2026, 9, 15)))


def test_a_line_of_whole_years_costs_price_times_quantity_times_years() -> None:
    line = quote_of(replace(BASE, quantity=3, span=WholeYears(2))).lines[0]
    assert (line.unit_net, line.net) == (Money(2990), Money(17_940))
    assert line.formula is not None
    assert (line.formula.part, line.formula.whole) == (24, 12)


def test_a_line_of_months_costs_the_telescoping_charge_and_shows_its_months() -> None:
    line = quote_of(BASE).lines[0]
    assert line.net == Money(2243)
    assert line.formula is not None
    assert (line.formula.part, line.formula.whole) == (9, 12)


def test_vat_is_computed_once_over_packs_and_yearly_lines_together() -> None:
    parts = [(2970, 3), (1993, 8), (1000, 8), (1650, 10)]
    assert sum(net for net, _ in parts) == 7613
    start = date(2027, 6, 10)
    lines = [
        replace(BASE, sku="SEAT", quantity=3, tiers=TierTable.flat(Money(990)), span=WholeYears()),
        replace(BASE, span=PartOfYears(date(2026, 6, 10), start, date(2028, 2, 10))),
        replace(BASE, tiers=TierTable.flat(Money(1500)), span=PartOfYears(date(2026, 6, 10), start, date(2028, 2, 10))),
        replace(
            BASE,
            quantity=2,
            tiers=TierTable.flat(Money(990)),
            span=PartOfYears(date(2026, 4, 10), date(2027, 4, 10), date(2028, 2, 10)),
        ),
    ]
    quote = quote_of(*lines)
    assert [line.net.cents for line in quote.lines] == [net for net, _ in parts]
    assert (quote.net, quote.vat, quote.gross) == (Money(7613), Money(1675), Money(9288))


def test_two_lines_over_a_span_cost_what_one_over_both_costs() -> None:
    def net(start: date, end: date) -> Money:
        return quote_of(replace(BASE, span=PartOfYears(date(2026, 1, 1), start, end))).net

    middle = date(2027, 4, 20)
    assert net(date(2027, 1, 1), middle) + net(middle, date(2027, 9, 15)) == net(date(2027, 1, 1), date(2027, 9, 15))


@pytest.mark.parametrize("mode", list(ProrationMode))
def test_a_quote_with_yearly_lines_is_stored_and_replays_identically(mode: ProrationMode) -> None:
    quote = quote_of(replace(BASE, span=PartOfYears(date(2026, 1, 1), date(2027, 1, 1), date(2027, 9, 15), mode)))
    stored = json.loads(json.dumps(quote.to_json()))
    assert replay(stored) == quote
    assert replay(stored).to_json() == quote.to_json()


@given(quote_requests(), st.integers(1, 10), st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(1, 40))
def test_any_quote_replays_whatever_its_lines_are_priced_by(
    request: QuoteRequest, years: int, anchor: date, months: int
) -> None:
    middle = add_months(anchor, months)
    spans = (None, WholeYears(years), PartOfYears(anchor, middle, add_months(anchor, months + 7)))
    lines = tuple(replace(line, span=spans[place % 3]) for place, line in enumerate(request.lines))
    quote = price(replace(request, lines=lines))
    assert replay(json.loads(json.dumps(quote.to_json()))) == quote
    for line in quote.lines:
        yearly = AnnualPrice(line.unit_net, line.quantity)
        if line.requested.span == spans[1]:
            assert line.net == yearly.for_years(years).net
        if line.requested.span == spans[2]:
            assert line.net == yearly.between(anchor, middle, add_months(anchor, months + 7)).net


def test_a_quote_of_the_first_rules_replays_word_for_word() -> None:
    stored = json.loads(OF_THE_FIRST_RULES.read_text())
    assert replay(stored).to_json() == stored


def test_the_first_rules_know_packs_only() -> None:
    packs = price(QuoteRequest((replace(BASE, span=None),), RATES, "7", date(2026, 9, 15), PACKS_ONLY))
    years = price(QuoteRequest((replace(BASE, span=WholeYears(2)),), RATES, "7", date(2026, 9, 15), PACKS_ONLY))
    assert packs.net == years.net == Money(2990)
    inputs: Any = years.to_json()["inputs"]
    assert "span" not in inputs["lines"][0]


@pytest.mark.parametrize("years", [0, -1, 11, True])
def test_years_are_whole_and_at_most_ten(years: int) -> None:
    with pytest.raises(InvalidQuantity):
        quote_of(replace(BASE, span=WholeYears(years)))


def test_a_part_of_years_has_at_least_a_day_and_its_anchor_is_not_later_than_its_start() -> None:
    with pytest.raises(InvalidTerm):
        PartOfYears(date(2026, 1, 1), date(2027, 1, 1), date(2027, 1, 1))
    with pytest.raises(InvalidTerm):
        PartOfYears(date(2027, 1, 2), date(2027, 1, 1), date(2028, 1, 1))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda span: span.pop("mode"), "/inputs/lines/0/span/mode"),
        (lambda span: span.update(mode="WEEKLY"), "/inputs/lines/0/span/mode"),
        (lambda span: span.update(ends_on="2027-13-01"), "/inputs/lines/0/span/ends_on"),
        (lambda span: span.update(years="2"), "/inputs/lines/0/span/years"),
    ],
)
def test_a_stored_span_that_is_none_is_refused_at_its_place(
    change: Callable[[dict[str, Any]], object], pointer: str
) -> None:
    stored = json.loads(json.dumps(quote_of(BASE).to_json()))
    change(stored["inputs"]["lines"][0]["span"])
    with pytest.raises(MalformedQuote) as refusal:
        replay(stored)
    assert refusal.value.pointer == pointer


class _Word(StrEnum):
    LITE = "LITE"


def test_a_word_of_an_enumeration_is_kept_as_plain_text() -> None:
    kept = own_copy({"first": _Word.LITE, "words": (_Word.LITE,), "more": {"word": _Word.LITE}})
    assert kept == {"first": "LITE", "words": ["LITE"], "more": {"word": "LITE"}}
    assert type(kept["first"]) is str


@pytest.mark.parametrize("value", [{"a": [1, 0.5]}, {"a": {1: "b"}}, {"a": object()}])
def test_what_is_not_exact_is_refused_by_copy_and_text_alike(value: dict[str, Any]) -> None:
    for made in (own_copy, canonical_json):
        with pytest.raises(MalformedQuote):
            made(value)


def test_the_first_months_of_a_lot_are_counted_from_its_own_anchor() -> None:
    began = date(2026, 9, 15)
    first = PartOfYears(began, began, date(2027, 3, 15))
    assert first.formula(Money(2990), 1).net == Money(1495)
