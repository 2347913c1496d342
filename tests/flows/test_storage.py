"""Storage as stories: bought by the gigabyte, reported by the vendor, suggested in time (F004-20 to -22, -27)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from foundation import clock
from foundation.events import Event
from foundation.mail import Mail
from pricing import GIGABYTE, add_months
from tests.addons import until
from tests.api.caller import Caller, caller
from tests.browsing import Page, visit
from tests.factories import a_user
from tests.flows.service_shop import BASE, DOCUMENTS, RECEIVE, STORAGE, Shop, months_on
from tests.signing import sign_in

Advance = Callable[[timedelta], None]


@pytest.fixture
def program(shop: Shop) -> Caller:
    """The vendor's software."""
    return caller(shop.client.application.test_client(), "product")


def report(shop: Shop, program: Caller, gigabytes: float, at: datetime | None = None) -> dict[str, Any]:
    """So many gigabytes are in use; answers what now stands for the day."""
    measured = {"used_bytes": int(gigabytes * GIGABYTE), "measured_at": (at or clock.now()).isoformat()}
    answer = program.put(f"/companies/{shop.company_id}/storage", measured)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def room(shop: Shop, program: Caller) -> int:
    """The gigabytes the company has, as the vendor's software is told."""
    told = program.get(f"/companies/{shop.company_id}/entitlements").get_json()
    return int(told["storage"]["limit_gb"])


def services_page(shop: Shop) -> Page:
    """The services of the company, as its studio sees them."""
    with shop.tx() as session:
        owner = a_user(session, shop.studio_id, "owner")
    browser = shop.client.application.test_client()
    sign_in(browser, owner)
    return visit(browser, f"/aziende/{shop.company_id}/servizi")


def told_of(shop: Shop) -> list[dict[str, Any]]:
    """What was written about storage that fills up, in order."""
    with shop.tx() as session:
        return list(session.scalars(select(Mail.context).where(Mail.template == "storage_filling").order_by(Mail.id)))


def test_gigabytes_are_bought_by_quantity_and_extended_with_everything_or_keep_their_own_year(
    shop: Shop, advance: Advance
) -> None:
    shop.buy(shop.line(BASE))
    base_ends = shop.ends()[BASE]
    advance(until(add_months(clock.today(), 6)))
    quote = shop.quote(shop.line(STORAGE, 3))
    (choice,) = quote["extensions"]
    assert quote["net_cents"] == 3 * 400 + 1495
    assert {end["ends_on"] for end in choice["on"]["ends"]} == {months_on(12).isoformat()}
    own = {end["sku"]: end["ends_on"] for end in choice["off"]["ends"]}
    assert own == {STORAGE: months_on(12).isoformat(), BASE: base_ends.isoformat()}
    shop.buy(shop.line(STORAGE, 3), extend_active_services=False)
    assert shop.ends() == {STORAGE: months_on(12), BASE: base_ends}
    assert shop.running()[STORAGE].quantity == 3
    # Months later a module extends what is active: the lot pays its own missing months.
    advance(until(add_months(clock.today(), 3)))
    extended = {line["sku"]: line["net_cents"] for line in shop.quote(shop.line(DOCUMENTS))["lines"]}
    assert extended[STORAGE] == 3 * 400 * 3 // 12


def test_storage_goes_with_the_base_services_of_the_catalogue_only(shop: Shop) -> None:
    assert shop.refused(shop.line(STORAGE)) == {"NOT_AVAILABLE_FOR_SERVICE"}
    shop.buy(shop.line(RECEIVE), shop.line(STORAGE, 2))
    assert shop.running()[STORAGE].quantity == 2


def test_the_room_is_that_of_the_base_and_its_lots_and_follows_them_when_they_end(
    shop: Shop, program: Caller, advance: Advance
) -> None:
    assert room(shop, program) == 0
    shop.buy(shop.line(BASE))
    assert room(shop, program) == 1
    shop.buy(shop.line(STORAGE, 3))
    assert room(shop, program) == 4
    lot = shop.running()[STORAGE]
    advance(until(add_months(clock.today(), 1)))
    shop.buy(shop.line(STORAGE, 2), extend_active_services=False)
    assert room(shop, program) == 6
    base = shop.running()[BASE]
    shop.buy(shop.line(BASE, 1, base))
    advance(until(lot.ends_on))
    assert room(shop, program) == 3, "the lot of three has ended, the base was renewed, the later lot goes on"
    earlier = program.get(
        f"/companies/{shop.company_id}/entitlements", at=(clock.now() - timedelta(days=2)).isoformat()
    )
    assert earlier.get_json()["storage"]["limit_gb"] == 6


def test_a_report_is_kept_once_a_day_and_a_late_one_never_overwrites_a_newer_one(
    shop: Shop, program: Caller, advance: Advance
) -> None:
    shop.buy(shop.line(BASE), shop.line(STORAGE, 9))
    advance(until(clock.today() + timedelta(days=1)))
    noon = clock.now()
    first = report(shop, program, 2, noon - timedelta(hours=2))
    assert (first["taken"], first["limit_gb"], first["filling"]) == (True, 10, False)
    assert report(shop, program, 2, noon - timedelta(hours=2)) == first, "the same report again changes nothing"
    newer = report(shop, program, 3, noon - timedelta(hours=1))
    late = report(shop, program, 1, noon - timedelta(hours=3))
    assert late == newer | {"taken": False}
    yesterday = report(shop, program, 1, noon - timedelta(days=1))
    assert yesterday["taken"], "a late report of another day is of that day"
    assert "3,0 GB usati di 10 GB" in services_page(shop).text


@pytest.mark.parametrize("used", [-1, 10**15 + 1, 1.5, "3", True, None, 10**30])
def test_a_hostile_size_is_refused(shop: Shop, program: Caller, used: object) -> None:
    measured = {"used_bytes": used, "measured_at": clock.now().isoformat()}
    assert program.put(f"/companies/{shop.company_id}/storage", measured).status_code == 422


def test_a_report_of_the_future_would_stand_in_the_way_of_true_ones_and_is_refused(shop: Shop, program: Caller) -> None:
    measured = {"used_bytes": 1, "measured_at": (clock.now() + timedelta(hours=1)).isoformat()}
    answer = program.put(f"/companies/{shop.company_id}/storage", measured)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.get_json()["errors"]] == ["in_the_future"]


def test_what_fills_up_is_told_once_with_a_suggested_quantity_that_one_press_puts_into_the_cart(
    shop: Shop, program: Caller, advance: Advance
) -> None:
    shop.buy(shop.line(BASE), shop.line(STORAGE, 9))
    advance(until(clock.today() + timedelta(days=1)))
    for day, gigabytes in enumerate((6.9, 6.95, 7.0)):
        if day:
            advance(timedelta(days=1))
        assert not report(shop, program, gigabytes)["filling"]
    assert told_of(shop) == []
    assert "Aggiungi spazio" in services_page(shop).text
    for gigabytes in (7.05, 7.1):
        advance(timedelta(days=1))
        assert report(shop, program, gigabytes)["filling"]
    (told,) = told_of(shop)
    assert (told["percent"], told["limit_gb"], told["more_gb"]) == (70, 10, 27)
    shop.jobs()
    assert sum("Lo spazio si sta riempiendo" in subject for subject in shop.subjects()) == 1
    page = services_page(shop)
    assert "Lo spazio si sta riempiendo. Quantità consigliata: 27" in page.text
    cart = page.press("Aggiungi la quantità consigliata: 27 GB")
    assert "Spazio aggiuntivo, 1 GB" in cart.text
    assert cart.soup.select_one("input[name=quantity][value='27']") is not None
    # Bought, it suffices; filled again, it is told again.
    shop.buy(shop.line(STORAGE, 27))
    advance(timedelta(days=1))
    assert not report(shop, program, 7.2)["filling"]
    assert "Quantità consigliata" not in services_page(shop).text
    advance(timedelta(days=1))
    report(shop, program, 30)
    assert [one["limit_gb"] for one in told_of(shop)] == [10, 37]
    with shop.tx() as session:
        assert len(list(session.scalars(select(Event.id).where(Event.type == "storage.filling")))) == 2


def test_a_late_report_alarms_nobody(shop: Shop, program: Caller, advance: Advance) -> None:
    shop.buy(shop.line(BASE))
    advance(until(clock.today() + timedelta(days=3)))
    report(shop, program, 0.2)
    report(shop, program, 0.9, clock.now() - timedelta(days=1))
    assert told_of(shop) == []


def test_plus_and_minus_in_the_cart_change_the_quantity(shop: Shop) -> None:
    shop.buy(shop.line(BASE))
    cart = services_page(shop).press("Aggiungi spazio")
    more = visit(cart.client, "/carrello").press("Uno in più: Spazio aggiuntivo, 1 GB")
    assert more.soup.select_one("input[name=quantity][value='2']") is not None
    fewer = more.press("Uno in meno: Spazio aggiuntivo, 1 GB")
    assert fewer.soup.select_one("input[name=quantity][value='1']") is not None


def test_a_renewal_costs_every_gigabyte_for_every_year(shop: Shop) -> None:
    shop.buy(shop.line(BASE), shop.line(STORAGE, 5))
    now = shop.running()
    quote = shop.quote(shop.line(BASE, 1, now[BASE]), shop.line(STORAGE, 5, now[STORAGE]), years=2)
    assert quote["net_cents"] == 2 * (2990 + 5 * 400)


def test_a_renewal_leaves_room_for_what_is_in_use_until_documents_are_deleted(shop: Shop, program: Caller) -> None:
    """F004-21: less storage is renewed only down to what is used; more can come with the same cart."""
    shop.buy(shop.line(BASE), shop.line(STORAGE, 5))
    report(shop, program, 3.5)
    now = shop.running()

    def renewal(gigabytes: int) -> list[dict[str, Any]]:
        kept = [shop.line(STORAGE, gigabytes, now[STORAGE])] if gigabytes else []
        return [shop.line(BASE, 1, now[BASE]), *kept]

    assert shop.refused(*renewal(2)) == {"STORAGE_IN_USE"}
    assert shop.refused(*renewal(0)) == {"STORAGE_IN_USE"}, "left out, it would be taken away just as well"
    assert shop.quote(*renewal(3))["orderable"]
    report(shop, program, 2.5, clock.now() + timedelta(seconds=1))
    shop.buy(*renewal(2))
    ends = shop.running()
    assert ends[BASE].ends_on == months_on(24)


def test_whoever_already_uses_more_than_there_is_may_renew_what_there_is(shop: Shop, program: Caller) -> None:
    shop.buy(shop.line(BASE))
    report(shop, program, 1.5)
    assert shop.quote(shop.line(BASE, 1, shop.running()[BASE]))["orderable"]
