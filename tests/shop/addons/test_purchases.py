from datetime import date

import pytest

from pricing import Money, replay
from tests.shop.addons.values import (
    BASE,
    COLLECTIONS,
    DEMO_TEXT,
    DOCUMENTS,
    ORDERS,
    RECEIVE,
    SEAT,
    WOO,
    book_on,
    company,
    figures,
    priced,
    reasons,
    renewal,
    running,
    want,
)

SEPTEMBER = date(2026, 9, 15)


def test_a_base_bought_with_modules_starts_and_ends_with_them_at_full_price() -> None:
    cart = priced(company(SEPTEMBER), want(BASE), want(DOCUMENTS), want(WOO), want(SEAT, 2))
    assert figures(cart) == [
        (BASE, 2990, "2027-09-15"),
        (DOCUMENTS, 1500, "2027-09-15"),
        (WOO, 2500, "2027-09-15"),
        (SEAT, 1980, "2027-09-15"),
    ]
    assert cart.orderable
    assert not cart.purchases[0].offered


def test_with_the_extension_every_active_service_ends_together_and_pays_its_missing_months() -> None:
    now = date(2027, 2, 10)
    services = (
        running(BASE, date(2027, 6, 10)),
        running(DOCUMENTS, date(2027, 6, 10)),
        running(SEAT, date(2027, 4, 10), 2),
    )
    cart = priced(company(now, *services), want(SEAT, 3))
    assert figures(cart) == [
        (SEAT, 2970, "2028-02-10"),
        (BASE, 1993, "2028-02-10"),
        (DOCUMENTS, 1000, "2028-02-10"),
        (SEAT, 1650, "2028-02-10"),
    ]
    assert (cart.quote.net, cart.quote.vat, cart.quote.gross) == (Money(7613), Money(1675), Money(9288))
    assert {end.ends_on for end in cart.purchases[0].on.ends} == {date(2028, 2, 10)}


def test_without_it_a_module_costs_its_full_price_and_ends_with_the_base() -> None:
    cart = priced(company(date(2026, 12, 1), running(BASE, date(2027, 1, 1)), extend=False), want(COLLECTIONS))
    assert figures(cart) == [(COLLECTIONS, 1500, "2027-01-01")]
    line = cart.lines[0].service
    assert line is not None
    assert line.months_forfeited == 11
    assert cart.purchases[0].offered


def test_both_outcomes_are_there_before_the_choice_with_the_total_of_the_whole_cart() -> None:
    for extend in (True, False):
        cart = priced(company(SEPTEMBER, running(BASE, date(2027, 1, 1)), extend=extend), want(DOCUMENTS), want(WOO))
        purchase = cart.purchases[0]
        assert cart.gross_if(purchase, extend=True) == Money(7616)
        assert cart.gross_if(purchase, extend=False) == Money(4880)
        assert cart.quote.gross == cart.gross_if(purchase, extend=extend)


def test_nothing_is_proposed_when_nothing_is_missing() -> None:
    july = date(2026, 7, 1)
    cart = priced(company(july, running(BASE, date(2027, 7, 1))), want(ORDERS))
    assert not cart.purchases[0].offered
    assert figures(cart) == [(ORDERS, 2000, "2027-07-01")]


def test_seats_keep_their_own_year_without_the_extension() -> None:
    cart = priced(company(SEPTEMBER, running(BASE, date(2027, 3, 15)), extend=False), want(SEAT, 2))
    assert figures(cart) == [(SEAT, 1980, "2027-09-15")]
    assert cart.orderable


def test_a_product_may_be_paid_only_up_to_the_base() -> None:
    text = DEMO_TEXT.replace('off_policy = "TRUNCATE"', 'off_policy = "PRORATE_TO_BASE"')
    off = company(SEPTEMBER, running(BASE, date(2027, 3, 15)), extend=False)
    cart = priced(off, want(DOCUMENTS), text=text)
    assert figures(cart) == [(DOCUMENTS, 750, "2027-03-15")]
    assert cart.lines[0].quoted.formula is not None
    assert (cart.lines[0].quoted.formula.part, cart.lines[0].quoted.formula.whole) == (6, 12)


def test_woocommerce_is_bought_with_documents_only() -> None:
    base = running(BASE, date(2027, 3, 15))
    assert reasons(priced(company(SEPTEMBER, base), want(WOO))) == [{"REQUIRES_ANOTHER"}]
    assert reasons(priced(company(SEPTEMBER, base), want(WOO), want(DOCUMENTS))) == [set(), set()]
    held = company(SEPTEMBER, base, running(DOCUMENTS, date(2027, 3, 15)))
    assert reasons(priced(held, want(WOO))) == [set()]


def test_woocommerce_never_outlasts_documents() -> None:
    base, documents = running(BASE, date(2028, 9, 15)), running(DOCUMENTS, date(2027, 3, 15))
    cart = priced(company(SEPTEMBER, base, documents), want(WOO))
    assert reasons(cart) == [{"REQUIRES_LONGER"}]
    assert cart.refusals[0][0].skus == (DOCUMENTS,)
    renewed = priced(company(SEPTEMBER, base, documents), want(WOO), renewal(documents))
    assert reasons(renewed) == [set(), set()]


@pytest.mark.parametrize("module", [COLLECTIONS, DOCUMENTS, ORDERS])
@pytest.mark.parametrize("base", [RECEIVE, "EINVOICING-ACCOUNTANT"])
def test_no_module_is_for_receive_only_or_the_accountant_user(base: str, module: str) -> None:
    cart = priced(company(SEPTEMBER, running(base, date(2027, 9, 15))), want(module))
    assert reasons(cart) == [{"NOT_AVAILABLE_FOR_SERVICE"}]


def test_seats_are_for_full_and_receive_only_and_not_for_the_accountant_user() -> None:
    for base, refused in ((BASE, set()), (RECEIVE, set()), ("EINVOICING-ACCOUNTANT", {"NOT_AVAILABLE_FOR_SERVICE"})):
        assert reasons(priced(company(SEPTEMBER, running(base, date(2027, 9, 15))), want(SEAT, 3))) == [refused]


def test_a_company_without_a_base_buys_it_first_or_together() -> None:
    assert reasons(priced(company(SEPTEMBER), want(DOCUMENTS))) == [{"NOT_AVAILABLE_FOR_SERVICE"}]
    assert reasons(priced(company(SEPTEMBER), want(DOCUMENTS), want(BASE))) == [set(), set()]


def test_there_is_one_base_service_per_company() -> None:
    active = company(SEPTEMBER, running(BASE, date(2027, 9, 15)))
    assert reasons(priced(active, want(RECEIVE))) == [{"BASE_ALREADY_ACTIVE"}]
    assert reasons(priced(company(SEPTEMBER), want(BASE), want(RECEIVE))) == [set(), {"ONE_BASE_SERVICE"}]


def test_a_module_that_runs_is_renewed_and_not_bought_again() -> None:
    held = company(SEPTEMBER, running(BASE, date(2027, 9, 15)), running(DOCUMENTS, date(2027, 9, 15)))
    assert reasons(priced(held, want(DOCUMENTS))) == [{"MODULE_ALREADY_ACTIVE"}]


def test_a_base_that_has_ended_is_renewed_in_the_same_cart_from_the_day_it_ended() -> None:
    base = running(BASE, date(2026, 8, 15))
    ended = company(SEPTEMBER, base)
    assert reasons(priced(ended, want(DOCUMENTS))) == [{"RENEW_BASE_FIRST"}]
    cart = priced(ended, want(DOCUMENTS), renewal(base))
    assert cart.orderable
    # Renewed to 15 August 2027; Documenti would last to 15 September: a month is missing, and proposed.
    assert figures(cart) == [
        (BASE, 2990, "2027-08-15"),
        (DOCUMENTS, 1500, "2027-09-15"),
        (BASE, 249, "2027-09-15"),
    ]
    first = cart.lines[0].service
    assert first is not None
    assert (first.term.starts_on, first.anchor_on, first.action) == (date(2026, 8, 15), date(2026, 8, 15), "RENEW")


def test_base_modules_and_seats_are_renewed_together_for_several_years() -> None:
    ends = date(2027, 1, 1)
    services = [running(BASE, ends), running(DOCUMENTS, ends), running(SEAT, ends, 3)]
    cart = priced(company(SEPTEMBER, *services, years=3), *(renewal(one) for one in services))
    assert figures(cart) == [
        (BASE, 8970, "2030-01-01"),
        (DOCUMENTS, 4500, "2030-01-01"),
        (SEAT, 8910, "2030-01-01"),
    ]
    assert cart.orderable
    assert not cart.purchases[0].offered


def test_a_module_dropped_at_renewal_is_left_alone() -> None:
    ends = date(2027, 1, 1)
    base, documents = running(BASE, ends), running(DOCUMENTS, ends)
    cart = priced(company(SEPTEMBER, base, documents), renewal(base))
    assert figures(cart) == [(BASE, 2990, "2028-01-01")]
    assert cart.orderable


def test_a_module_is_not_renewed_beyond_its_base() -> None:
    ends = date(2027, 1, 1)
    base, documents = running(BASE, ends), running(DOCUMENTS, ends)
    assert reasons(priced(company(SEPTEMBER, base, documents), renewal(documents))) == [{"OUTLASTS_BASE"}]


def test_woocommerce_is_not_renewed_when_documents_is_dropped() -> None:
    ends = date(2027, 1, 1)
    base, documents, woo = running(BASE, ends), running(DOCUMENTS, ends), running(WOO, ends)
    cart = priced(company(SEPTEMBER, base, documents, woo), renewal(base), renewal(woo))
    assert reasons(cart) == [set(), {"REQUIRES_LONGER"}]


def test_a_renewal_is_at_most_as_long_as_the_product_allows() -> None:
    text = DEMO_TEXT.replace("max_years = 10", "max_years = 2", 1)
    base = running(BASE, date(2027, 1, 1))
    assert reasons(priced(company(SEPTEMBER, base, years=3), renewal(base), text=text)) == [{"TOO_MANY_YEARS"}]
    assert reasons(priced(company(SEPTEMBER, base, years=2), renewal(base), text=text)) == [set()]


def test_seats_do_not_fall_below_the_configured_ones_at_renewal() -> None:
    ends = date(2027, 1, 1)
    base, seats = running(BASE, ends), running(SEAT, ends, 3)
    fewer = priced(company(SEPTEMBER, base, seats, seats_in_use=2), renewal(base), renewal(seats, 1))
    assert reasons(fewer) == [{"SEATS_IN_USE"}, {"SEATS_IN_USE"}]
    enough = priced(company(SEPTEMBER, base, seats, seats_in_use=2), renewal(base), renewal(seats, 2))
    assert enough.orderable
    # A smaller lot follows the old one; the old one lapses on its day.
    assert figures(enough)[1] == (SEAT, 1980, "2028-01-01")
    line = enough.lines[1].service
    assert line is not None
    assert (line.action, line.licence_id, line.term.starts_on) == ("START", None, ends)


def test_a_lot_is_not_renewed_for_more_seats_than_it_has() -> None:
    base, seats = running(BASE, date(2027, 1, 1)), running(SEAT, date(2027, 1, 1), 3)
    assert "MORE_THAN_THE_LOT" in reasons(priced(company(SEPTEMBER, base, seats), renewal(seats, 4)))[0]


def test_what_has_ended_for_good_cannot_be_renewed() -> None:
    gone = running(BASE, date(2026, 1, 1))
    assert reasons(priced(company(SEPTEMBER), renewal(gone))) == [{"CANNOT_BE_RENEWED"}]


def test_an_extension_is_charged_at_the_price_of_the_quote() -> None:
    text = DEMO_TEXT.replace('net = "29.90"', 'net = "36.00"', 1)
    cart = priced(company(SEPTEMBER, running(BASE, date(2027, 3, 15))), want(DOCUMENTS), text=text)
    assert figures(cart)[1] == (BASE, 1800, "2027-09-15")


def test_a_service_that_left_the_catalogue_is_extended_at_the_price_it_was_bought_for() -> None:
    text = DEMO_TEXT.replace(f'sku = "{COLLECTIONS}"', 'sku = "MODULE-OTHER"')
    services = (running(BASE, date(2027, 3, 15)), running(COLLECTIONS, date(2027, 3, 15)))
    cart = priced(company(SEPTEMBER, *services), want(DOCUMENTS), text=text)
    assert figures(cart)[2] == (COLLECTIONS, 750, "2027-09-15")


def test_a_quote_of_services_replays_digit_by_digit() -> None:
    cart = priced(company(SEPTEMBER, running(BASE, date(2027, 1, 1))), want(DOCUMENTS), want(WOO), want(SEAT, 7))
    assert replay(cart.quote.to_json()) == cart.quote


def test_a_module_is_bought_once_and_seats_by_number() -> None:
    book = book_on(SEPTEMBER)
    assert book.product(DOCUMENTS).rules.maximum_quantity == 1
    cart = priced(company(SEPTEMBER, running(BASE, date(2027, 9, 15))), want(DOCUMENTS, 2))
    assert reasons(cart) == [{"TOO_MANY"}]


def test_a_late_renewal_alone_extends_nothing_and_charges_nothing_unseen() -> None:
    base = running(BASE, date(2026, 8, 26))
    cart = priced(company(SEPTEMBER, base), renewal(base))
    assert figures(cart) == [(BASE, 2990, "2027-08-26")]
    assert not cart.purchases[0].offered
