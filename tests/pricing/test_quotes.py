from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from pricing import (
    MAXIMUM_QUANTITY,
    MAXIMUM_TOTAL_CENTS,
    Adjustment,
    AmountTooLarge,
    ConflictingVatRates,
    EmptyQuote,
    InvalidQuantity,
    MalformedQuote,
    Money,
    NegativeAmount,
    NotACivilDay,
    PricingError,
    Quote,
    QuoteRequest,
    RequestedLine,
    TierTable,
    UnknownPolicyVersion,
    UnknownVatCode,
    canonical_json,
    net_per_unit,
    price,
    replay,
    total,
)
from tests.pricing.values import BONUS, EXEMPT, INVOICES, ORDINARY, RATES, Unchecked, quote_requests, request


def test_a_quote_adds_up_line_by_line_and_rate_by_rate() -> None:
    quote = price(request(INVOICES, BONUS))
    assert (quote.net, quote.vat, quote.gross) == (Money(24_331), Money(5_133), Money(29_464))
    assert [(summary.rate, summary.net, summary.vat) for summary in quote.vat_summaries] == [
        (ORDINARY, Money(23_331), Money(5_133)),
        (EXEMPT, Money(1_000), Money(0)),
    ]
    assert [line.gross for line in quote.lines] == [Money(28_464), Money(1_000)]


def test_a_quoted_line_keeps_what_was_asked() -> None:
    line = price(request(INVOICES)).lines[0]
    assert (line.sku, line.quantity, line.units, line.for_party) == ("FE-100", 7, 700, "party-7")
    assert (line.unit_net, line.net_per_unit, line.vat_code) == (Money(3333), Decimal("0.3333"), "22")
    assert line.description == {"name": "Pacchetto 100 fatture", "more": [1, True, None]}
    assert line.adjustments == ()


def test_the_price_of_one_invoice_of_a_pack_is_shown_with_four_decimals() -> None:
    assert str(net_per_unit(Money(600), 100)) == "0.0600"
    assert str(net_per_unit(Money(1), 8)) == "0.0013"
    assert str(net_per_unit(Money(0), 8)) == "0.0000"
    assert str(net_per_unit(Money(123_456_789), 1)) == "1234567.8900"


def test_adjustments_change_the_net_of_their_line_and_are_named() -> None:
    bonus = Adjustment("CONV10", "Convenzione", Money(-1_000))
    quote = price(request(replace(INVOICES, adjustments=(bonus,))))
    assert quote.lines[0].adjustments == (bonus,)
    assert (quote.net, quote.lines[0].unit_net) == (Money(22_331), Money(3_333))
    assert replay(quote.to_json()) == quote


def test_adjustments_never_turn_a_line_into_a_debt() -> None:
    gift = replace(BONUS, adjustments=(Adjustment("GIFT", "Omaggio", Money(-1_000)),))
    assert price(request(gift)).gross == Money(0)
    with pytest.raises(NegativeAmount) as refusal:
        price(request(replace(BONUS, adjustments=(Adjustment("GIFT", "Omaggio", Money(-1_001)),))))
    assert (refusal.value.what, refusal.value.cents) == ("CREDIT", -1)


@pytest.mark.parametrize("quantity", [0, -1, MAXIMUM_QUANTITY + 1, True, 1.0])
def test_a_line_has_a_whole_quantity_within_bounds(quantity: Unchecked) -> None:
    with pytest.raises(InvalidQuantity):
        replace(INVOICES, quantity=quantity)


@pytest.mark.parametrize("units", [0, -5, 1.0, True, 10**9 + 1])
def test_a_pack_mints_a_whole_number_of_units(units: Unchecked) -> None:
    with pytest.raises(InvalidQuantity) as refusal:
        replace(INVOICES, units_per_pack=units)
    assert refusal.value.maximum == 10**9


def test_a_quote_is_made_on_a_day_and_not_at_an_instant() -> None:
    instant: Unchecked = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)
    with pytest.raises(NotACivilDay):
        QuoteRequest((INVOICES,), RATES, "1", instant)


def test_nothing_cannot_be_priced() -> None:
    with pytest.raises(EmptyQuote):
        price(request())


def test_a_line_names_one_of_the_rates_of_the_request() -> None:
    with pytest.raises(UnknownVatCode) as refusal:
        price(request(replace(INVOICES, vat_code="4")))
    assert refusal.value.code == "4"


def test_a_rate_is_given_once() -> None:
    with pytest.raises(ConflictingVatRates) as refusal:
        price(replace(request(INVOICES), vat_rates=(EXEMPT, ORDINARY, ORDINARY)))
    assert refusal.value.code == "22"


def test_rules_this_program_does_not_have_are_refused() -> None:
    with pytest.raises(UnknownPolicyVersion) as refusal:
        price(replace(request(INVOICES), policy_version="0"))
    assert refusal.value.policy_version == "0"


def test_a_total_of_ten_billion_euro_is_refused_and_a_cent_less_is_not() -> None:
    def priced(cents: int) -> Quote:
        return price(request(RequestedLine("X", 1, TierTable.flat(Money(cents)), "N4")))

    assert priced(MAXIMUM_TOTAL_CENTS).gross == Money(10**12 - 1)
    with pytest.raises(AmountTooLarge) as refusal:
        priced(MAXIMUM_TOTAL_CENTS + 1)
    assert (refusal.value.cents, refusal.value.maximum_cents) == (10**12, 10**12 - 1)


@given(quote_requests())
def test_lines_net_vat_and_gross_of_a_quote_agree(asked: QuoteRequest) -> None:
    quote = price(asked)
    assert total(line.net for line in quote.lines) == quote.net
    assert total(line.vat for line in quote.lines) == quote.vat
    assert total(line.gross for line in quote.lines) == quote.gross
    assert all(line.net == line.unit_net * line.quantity for line in quote.lines)


def test_a_description_is_a_copy_nobody_else_can_change() -> None:
    description: dict[str, Unchecked] = {"name": "Pacchetto", "parts": [1]}
    line = replace(INVOICES, description=description)
    description["parts"].append(2)
    assert line.description == {"name": "Pacchetto", "parts": [1]}
    with pytest.raises(FrozenInstanceError):
        line.quantity = 8  # type: ignore[misc]


@pytest.mark.parametrize(
    ("description", "pointer"),
    [({"a": 1.5}, "/a"), ({"a": [1, {"b": 0.1}]}, "/a/1/b"), ({"a": Decimal(1)}, "/a"), ({1: "a"}, "")],
)
def test_a_description_holds_nothing_that_is_not_exact(description: Unchecked, pointer: str) -> None:
    with pytest.raises(MalformedQuote) as refusal:
        replace(INVOICES, description=description)
    assert refusal.value.pointer == pointer


def test_equal_values_have_one_canonical_text() -> None:
    assert canonical_json({"b": [1, None], "a": "è"}) == canonical_json({"a": "è", "b": (1, None)})
    assert canonical_json({"b": 1, "a": "è"}) == '{"a":"è","b":1}'


def test_a_refusal_says_what_it_refused() -> None:
    refusal: PricingError = InvalidQuantity(0, 5)
    assert str(refusal) == "quantity=0, maximum=5"
    assert repr(refusal) == "InvalidQuantity(quantity=0, maximum=5)"
