"""Small values the pricing tests are written with, and the ranges their properties are searched in."""

from datetime import date
from typing import Any, TypeAlias

from hypothesis import strategies as st

from pricing import (
    Money,
    QuoteRequest,
    RequestedLine,
    Tier,
    TierTable,
    VatRate,
)

Unchecked: TypeAlias = Any
"""A value as an untyped caller or a store hands it over: of the wrong type, or of a shape only the test knows."""

ORDINARY = VatRate("22", 2200, None, "IVA 22%")
REDUCED = VatRate("10", 1000, None, "IVA 10%")
EXEMPT = VatRate("N4", 0, "N4", "Esente")
RATES = (ORDINARY, REDUCED, EXEMPT)

INVOICES = RequestedLine(
    sku="FE-100",
    quantity=7,
    tiers=TierTable((Tier(1, Money(3333)), Tier(10, Money(3000)))),
    vat_code="22",
    units_per_pack=100,
    description={"name": "Pacchetto 100 fatture", "more": [1, True, None]},
    for_party="party-7",
)
BONUS = RequestedLine("CREDIT", 1, TierTable.flat(Money(1000)), "N4")


def request(*lines: RequestedLine) -> QuoteRequest:
    return QuoteRequest(lines, RATES, "2026-01", date(2026, 5, 1))


days = st.dates(date(2024, 1, 1), date(2032, 12, 31))
prices = st.integers(1, 100_000).map(Money)
quantities = st.integers(1, 100_000)


@st.composite
def tier_tables(draw: st.DrawFn) -> TierTable:
    later = draw(st.lists(st.integers(2, 2_000), unique=True, max_size=4).map(sorted))
    return TierTable(tuple(Tier(start, draw(st.integers(0, 50_000).map(Money))) for start in [1, *later]))


opaque = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


@st.composite
def quote_requests(draw: st.DrawFn) -> QuoteRequest:
    lines = st.builds(
        RequestedLine,
        sku=st.text(min_size=1, max_size=8),
        quantity=st.integers(1, 3_000),
        tiers=tier_tables(),
        vat_code=st.sampled_from([rate.code for rate in RATES]),
        units_per_pack=st.integers(1, 1_000),
        description=opaque,
        for_party=st.none() | st.uuids().map(str),
    )
    return QuoteRequest(
        lines=tuple(draw(st.lists(lines, min_size=1, max_size=6))),
        vat_rates=RATES,
        price_book_version=draw(st.text(max_size=6)),
        priced_on=draw(days),
    )
