from dataclasses import replace
from datetime import date

import pytest

from pricing import (
    ActiveService,
    AnnualPrice,
    ExtensionRequest,
    InvalidQuantity,
    InvalidTerm,
    Money,
    NeedsRequote,
    Outcome,
    Term,
    WantedItem,
    renew,
    settle_extension,
)
from tests.pricing.values import ORDINARY, Unchecked

BASE = ActiveService(
    "base", "BASE", AnnualPrice(Money(2990), 1), ORDINARY, date(2026, 3, 15), ends_on=date(2027, 3, 15)
)
DOC = WantedItem("DOC", AnnualPrice(Money(1500), 1), ORDINARY)
REQUEST = ExtensionRequest(date(2026, 9, 15), BASE, (), (DOC,))


def settled(request: ExtensionRequest, *, extend: bool, paid_on: date) -> Outcome:
    outcome = settle_extension(request, extend=extend, paid_on=paid_on)
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_payment_on_the_day_of_the_quote_settles_exactly_what_was_quoted() -> None:
    outcome = settled(REQUEST, extend=True, paid_on=REQUEST.activates_on)
    assert outcome.gross == Money(3654)
    assert [line.term.ends_on for line in outcome.lines] == [date(2027, 9, 15), date(2027, 9, 15)]


def test_a_later_payment_moves_the_expiry_and_not_the_amount() -> None:
    outcome = settled(REQUEST, extend=True, paid_on=date(2026, 9, 20))
    assert outcome.gross == Money(3654)
    assert [line.term.ends_on for line in outcome.lines] == [date(2027, 9, 20), date(2027, 9, 20)]
    assert outcome.lines[0].term.starts_on == date(2026, 9, 20)
    assert outcome.lines[1].formula.part == 6


def test_a_service_that_only_now_ends_too_early_is_extended_at_no_charge() -> None:
    seats = replace(BASE, service_id="seats", sku="SEAT", ends_on=date(2027, 9, 17))
    outcome = settled(replace(REQUEST, others=(seats,)), extend=True, paid_on=date(2026, 9, 20))
    assert outcome.gross == Money(3654)
    added = outcome.lines[2]
    assert (added.service_id, added.net, added.formula.part) == ("seats", Money(0), 0)
    assert added.formula.rounding == Money(0)
    assert outcome.ends[1].ends_on == date(2027, 9, 20)


def test_without_extension_a_later_payment_loses_nothing_that_was_quoted() -> None:
    outcome = settled(REQUEST, extend=False, paid_on=date(2026, 10, 1))
    (line,) = outcome.lines
    assert (line.net, line.term.ends_on, line.months_forfeited) == (Money(1500), date(2027, 3, 15), 6)


def test_a_base_that_was_long_enough_at_the_quote_is_not_extended_behind_its_owner() -> None:
    base = replace(BASE, ends_on=date(2027, 9, 16))
    outcome = settled(replace(REQUEST, base=base), extend=True, paid_on=date(2026, 9, 20))
    (line,) = outcome.lines
    assert (line.term.ends_on, line.months_forfeited) == (date(2027, 9, 16), 0)
    assert outcome.ends[0].ends_on == date(2027, 9, 16)


def test_a_payment_after_the_base_has_ended_needs_a_new_quote() -> None:
    assert settle_extension(REQUEST, extend=False, paid_on=date(2027, 3, 15)) == NeedsRequote(BASE)
    expired = replace(BASE, ends_on=date(2026, 9, 1))
    request = replace(REQUEST, base=expired)
    assert settle_extension(request, extend=True, paid_on=date(2026, 9, 15)) == NeedsRequote(expired)


def test_a_payment_after_a_service_to_be_extended_has_ended_needs_a_new_quote() -> None:
    seats = replace(BASE, service_id="seats", sku="SEAT", ends_on=date(2026, 9, 18))
    request = replace(REQUEST, others=(seats,))
    assert settle_extension(request, extend=True, paid_on=date(2026, 9, 18)) == NeedsRequote(seats)
    assert isinstance(settle_extension(request, extend=False, paid_on=date(2026, 9, 18)), Outcome)
    assert isinstance(settle_extension(request, extend=True, paid_on=date(2026, 9, 17)), Outcome)


def test_nothing_is_paid_before_it_is_quoted() -> None:
    with pytest.raises(InvalidTerm):
        settle_extension(REQUEST, extend=True, paid_on=date(2026, 9, 14))


def test_a_renewal_runs_from_the_day_the_service_ends_at_full_price_and_sets_a_new_anchor() -> None:
    renewed = renew(BASE, 3)
    assert renewed.formula.net == Money(8970)
    assert (renewed.formula.part, renewed.formula.whole, renewed.formula.rounding) == (36, 12, Money(0))
    assert renewed.term == Term(date(2027, 3, 15), date(2030, 3, 15))
    assert (renewed.service.anchor, renewed.service.ends_on) == (date(2027, 3, 15), date(2030, 3, 15))
    assert renewed.service.price == BASE.price


@pytest.mark.parametrize("years", [0, 11, 1.0, True])
def test_a_renewal_is_for_one_to_ten_whole_years(years: Unchecked) -> None:
    with pytest.raises(InvalidQuantity) as refusal:
        renew(BASE, years)
    assert refusal.value.maximum == 10


def test_a_renewed_base_is_the_one_an_add_on_is_priced_against() -> None:
    expired = replace(BASE, ends_on=date(2026, 9, 1), anchor=date(2025, 9, 1))
    outcome = settled(replace(REQUEST, base=renew(expired).service), extend=True, paid_on=date(2026, 9, 15))
    assert outcome.lines[1].formula.part == 1
    assert outcome.ends[0].ends_on == date(2027, 9, 15)
