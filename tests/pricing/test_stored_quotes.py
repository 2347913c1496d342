import json
from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import given

from pricing import (
    POLICY_VERSION,
    MalformedQuote,
    Money,
    Quote,
    QuoteReplayDiffers,
    QuoteRequest,
    UnknownVatCode,
    canonical_json,
    price,
    replay,
)
from tests.pricing.values import BONUS, INVOICES, Unchecked, quote_requests, request


def test_a_stored_quote_carries_its_inputs_its_versions_and_every_figure() -> None:
    stored: Unchecked = price(request(INVOICES)).to_json()
    assert stored["inputs"]["policy_version"] == POLICY_VERSION
    assert stored["inputs"]["price_book_version"] == "2026-01"
    assert stored["inputs"]["priced_on"] == "2026-05-01"
    assert stored["inputs"]["vat_rates"][0] == {
        "code": "22",
        "basis_points": 2200,
        "nature": None,
        "description": "IVA 22%",
    }
    assert stored["lines"] == [
        {
            "unit_net_cents": 3333,
            "net_cents": 23331,
            "vat_cents": 5133,
            "gross_cents": 28464,
            "net_per_unit": "0.3333",
        }
    ]
    assert stored["vat"] == [{"code": "22", "net_cents": 23331, "vat_cents": 5133}]
    assert (stored["net_cents"], stored["vat_cents"], stored["gross_cents"]) == (23331, 5133, 28464)


@given(quote_requests())
def test_replaying_a_stored_quote_is_bit_identical(asked: QuoteRequest) -> None:
    quote = price(asked)
    text = canonical_json(quote.to_json())
    reordered = json.dumps(dict(reversed(json.loads(text).items())), indent=2)
    again = replay(json.loads(reordered))
    assert canonical_json(again.to_json()) == text
    assert again == quote == Quote.from_json(json.loads(text))


Change: TypeAlias = Callable[[Unchecked], None]


def _with(*keys: Unchecked, value: Unchecked) -> Change:
    def change(stored: Unchecked) -> None:
        for key in keys[:-1]:
            stored = stored[key]
        stored[keys[-1]] = value

    return change


def changed(change: Change) -> Unchecked:
    stored: Unchecked = price(request(INVOICES, BONUS)).to_json()
    change(stored)
    return stored


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        (_with("gross_cents", value=29465), ("/gross_cents",)),
        (_with("gross_cents", value="29464"), ("/gross_cents",)),
        (_with("lines", 1, "net_per_unit", value="10.00"), ("/lines/1/net_per_unit",)),
        (_with("lines", 0, "net_cents", value=True), ("/lines/0/net_cents",)),
        (_with("lines", value=[]), ("/lines",)),
        (_with("extra", value=1), ("",)),
        (
            _with("inputs", "lines", 0, "quantity", value=8),
            (
                "/gross_cents",
                "/lines/0/gross_cents",
                "/lines/0/net_cents",
                "/lines/0/vat_cents",
                "/net_cents",
                "/vat/0/net_cents",
                "/vat/0/vat_cents",
                "/vat_cents",
            ),
        ),
    ],
)
def test_a_quote_changed_in_the_store_does_not_replay(change: Change, pointers: tuple[str, ...]) -> None:
    with pytest.raises(QuoteReplayDiffers) as refusal:
        replay(changed(change))
    assert refusal.value.pointers == pointers


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda stored: stored.pop("inputs"), "/inputs"),
        (lambda stored: stored.pop("vat"), "/vat"),
        (_with("inputs", value=[]), "/inputs/lines"),
        (_with("inputs", "lines", value="none"), "/inputs/lines"),
        (_with("inputs", "lines", value={}), "/inputs/lines"),
        (_with("inputs", "lines", 0, "sku", value=7), "/inputs/lines/0/sku"),
        (_with("inputs", "lines", 0, "quantity", value="7"), "/inputs/lines/0/quantity"),
        (_with("inputs", "lines", 0, "for_party", value=7), "/inputs/lines/0/for_party"),
        (_with("inputs", "lines", 0, "description", value=[]), "/inputs/lines/0/description"),
        (_with("inputs", "priced_on", value="1 May"), "/inputs/priced_on"),
        (_with("inputs", "vat_rates", 0, "basis_points", value=True), "/inputs/vat_rates/0/basis_points"),
        (_with("lines", value=[]), "/lines"),
        (_with("lines", 1, "net_per_unit", value="ten"), "/lines/1/net_per_unit"),
        (_with("lines", 1, "vat_cents", value=None), "/lines/1/vat_cents"),
    ],
)
def test_a_document_that_is_no_quote_is_refused_at_its_first_fault(change: Change, pointer: str) -> None:
    with pytest.raises(MalformedQuote) as refusal:
        Quote.from_json(changed(change))
    assert refusal.value.pointer == pointer


def test_a_stored_rate_must_be_among_the_inputs() -> None:
    with pytest.raises(UnknownVatCode):
        Quote.from_json(changed(_with("vat", 0, "code", value="4")))


def test_reading_a_quote_does_not_recompute_it() -> None:
    assert Quote.from_json(changed(_with("lines", 0, "net_cents", value=1))).lines[0].net == Money(1)
