"""A lot that is renewed for fewer units: it lapses on its day, and only the smaller one that follows it is paid."""

from dataclasses import replace
from datetime import date

import pytest

from entitlements import RunningService, RunningServices
from foundation.database import JsonObject
from pricing import Money, replay
from shop.addons.company_services import CompanyServices
from shop.addons.promises import Promise, Settled, promise_to_json, promises_from_json, settle
from shop.quotes import PricedCart
from tests.shop.addons.values import (
    BASE,
    DEMO_TEXT,
    DOCUMENTS,
    SEAT,
    WOO,
    company,
    figures,
    priced,
    renewal,
    running,
    want,
)

STORAGE = "EINVOICING-STORAGE"
FEBRUARY, APRIL, JUNE = date(2027, 2, 10), date(2027, 4, 10), date(2027, 6, 10)


def standing(lot: RunningService, *, extend: bool = True) -> CompanyServices:
    """A company in February, whose base ends in June."""
    return company(FEBRUARY, running(BASE, JUNE), lot, extend=extend)


def fewer_and_a_module(sku: str = SEAT, *, extend: bool = True) -> PricedCart:
    """Three of five units are renewed, and a module is bought."""
    lot = running(sku, APRIL, 5)
    return priced(standing(lot, extend=extend), renewal(lot, 3), want(DOCUMENTS))


def stored(cart: PricedCart) -> Promise:
    """The promise as an order keeps it and reads it again."""
    (promise,) = promises_from_json([promise_to_json(one) for one in cart.promises])
    return promise


def now(*services: RunningService) -> RunningServices:
    """What runs when the money comes."""
    return company(FEBRUARY, *services).running


@pytest.mark.parametrize(("sku", "cents"), [(SEAT, 2970), (STORAGE, 1200)])
def test_a_lot_that_a_smaller_one_follows_is_neither_extended_nor_charged(sku: str, cents: int) -> None:
    cart = fewer_and_a_module(sku)
    assert cart.orderable
    assert figures(cart) == [(sku, cents, "2028-04-10"), (DOCUMENTS, 1500, "2028-02-10"), (BASE, 1993, "2028-02-10")]


def test_whoever_goes_from_five_seats_to_three_pays_three() -> None:
    cart = fewer_and_a_module()
    assert (cart.quote.net, cart.quote.gross) == (Money(6463), Money(7885))
    assert replay(cart.quote.to_json()) == cart.quote


@pytest.mark.parametrize("extend", [True, False])
def test_the_old_lot_is_shown_to_end_on_its_day_beside_the_smaller_one(*, extend: bool) -> None:
    (purchase,) = fewer_and_a_module(extend=extend).purchases
    for outcome in (purchase.on, purchase.off):
        lots = [one for one in outcome.ends if one.sku == SEAT]
        assert [(one.quantity, one.ends_before, one.ends_on) for one in lots] == [
            (5, APRIL, APRIL),
            (3, None, date(2028, 4, 10)),
        ]
        assert [one.place for one in lots] == [None, 0]


def test_a_lot_beside_the_one_that_lapses_is_extended_as_ever() -> None:
    lot, other = running(SEAT, APRIL, 5), running(STORAGE, APRIL, 2)
    cart = priced(company(FEBRUARY, running(BASE, JUNE), lot, other), renewal(lot, 3), want(DOCUMENTS))
    assert figures(cart)[2:] == [(BASE, 1993, "2028-02-10"), (STORAGE, 667, "2028-02-10")]


def test_the_seats_that_lapse_count_until_their_day_for_a_base_that_ends_before_it() -> None:
    base, lot = running(BASE, APRIL), running(SEAT, JUNE, 5)
    cart = priced(company(FEBRUARY, base, lot, seats_in_use=4), renewal(base), renewal(lot, 3))
    assert [{one.code for one in refused} for refused in cart.refusals] == [set(), {"SEATS_IN_USE"}]


@pytest.mark.parametrize("with_a_module", [True, False])
def test_a_waiting_order_falls_when_the_lot_it_replaces_moved_or_ended(*, with_a_module: bool) -> None:
    base, lot = running(BASE, JUNE), running(SEAT, APRIL, 5)
    more = (want(DOCUMENTS),) if with_a_module else ()
    promise = stored(priced(standing(lot), renewal(lot, 3), *more))
    assert isinstance(settle(promise, now(base, lot), FEBRUARY), Settled)
    moved = replace(lot, anchor_on=APRIL, ends_on=date(2028, 4, 10))
    assert settle(promise, now(base, moved), FEBRUARY) == "TERM_MOVED"
    assert settle(promise, now(base), FEBRUARY) == "SERVICE_ENDED"


def test_a_late_payment_gives_the_lapsing_lot_no_months() -> None:
    base, lot = running(BASE, JUNE), running(SEAT, APRIL, 5)
    for extend in (True, False):
        settled = settle(stored(fewer_and_a_module(extend=extend)), now(base, lot), date(2027, 3, 1))
        assert isinstance(settled, Settled)
        assert settled.gifts == {}


def test_a_module_that_works_only_with_seats_stands_on_the_smaller_lot() -> None:
    base, lot = running(BASE, JUNE), running(SEAT, APRIL, 5)
    text = DEMO_TEXT.replace(f'requires = ["{DOCUMENTS}"]', f'requires = ["{SEAT}"]')
    assert text != DEMO_TEXT
    cart = priced(standing(lot), renewal(lot, 3), want(WOO), text=text)
    assert cart.orderable
    assert isinstance(settle(stored(cart), now(base, lot), FEBRUARY), Settled)
    shorter = replace(stored(cart), lapsing={str(lot.licence_id): date(2028, 1, 10)})
    assert settle(shorter, now(base, lot), FEBRUARY) == "REQUIREMENT_ENDED"


def test_an_order_placed_before_lapsing_lots_were_kept_is_still_read() -> None:
    document: JsonObject = promise_to_json(fewer_and_a_module().promises[0])
    del document["lapsing"]
    (promise,) = promises_from_json([document])
    assert promise.lapsing == {}


def test_what_follows_a_lot_names_it_in_the_term_of_its_line() -> None:
    cart = fewer_and_a_module()
    smaller, module = cart.lines[0].service, cart.lines[1].service
    assert smaller is not None
    assert module is not None
    told = smaller.term_document()
    assert (told["action"], told["licence_id"], told["replaces"]) == (
        "START",
        None,
        str(running(SEAT, APRIL).licence_id),
    )
    assert module.term_document()["replaces"] is None
