"""What ended together with the base, as stories: it waits with it, nobody loses a seat, and it is renewed late."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import Outside
from entitlements import RunningService, rights_of
from foundation import clock
from pricing import GIGABYTE
from tests.addons import until
from tests.api.caller import caller
from tests.browsing import visit
from tests.factories import a_user
from tests.flows.service_shop import BASE, DOCUMENTS, SEAT, STORAGE, Shop, states
from tests.flows.test_seats import Office, _invite, _join
from tests.signing import sign_in

Advance = Callable[[timedelta], None]
Passes = Callable[[int], dict[str, RunningService]]


@pytest.fixture
def days_after_the_end(shop: Shop, advance: Advance) -> Passes:
    """So many days pass after the base has ended; answers what can be renewed."""

    def pass_(days: int) -> dict[str, RunningService]:
        advance(until(shop.ends()[BASE] + timedelta(days=days)))
        shop.jobs()
        return shop.running()

    return pass_


def people_at_work(shop: Shop, outside: Outside, *addresses: str) -> list[FlaskClient]:
    """Everybody is invited to a seat and comes in; their browsers."""
    owner = shop.client.application.test_client()
    with shop.tx() as session:
        user = a_user(session, shop.company_id, "owner")
    sign_in(owner, user)
    office = Office(shop.company_id, owner)
    browsers = []
    for address in addresses:
        _invite(office, address)
        shop.jobs()
        browsers.append(_join(office, outside, address))
    return browsers


def seats(shop: Shop) -> dict[str, Any]:
    """The seats as the vendor's software reads them."""
    document: dict[str, Any] = caller(shop.client, "product").get(f"/companies/{shop.company_id}/seats").get_json()
    return document


def letter(shop: Shop, subject: str) -> str:
    """The text of the one mail with this subject; empty when there is none."""
    mailer: Any = shop.outside.mailer
    found = [one for one in mailer.messages if str(one["Subject"]).startswith(subject)]
    assert len(found) <= 1
    return str(found[0].get_body(("plain",)).get_content()) if found else ""


@pytest.mark.parametrize("order", [(BASE, SEAT), (SEAT, BASE)])
def test_whoever_renews_late_finds_everybody_at_work_as_before(
    shop: Shop, outside: Outside, days_after_the_end: Passes, order: tuple[str, str]
) -> None:
    """F004-23: seats wait with their base and come back with their own renewal, whichever line is granted first."""
    shop.buy(shop.line(BASE), shop.line(SEAT, 2))
    (anna,) = people_at_work(shop, outside, "anna@example.it")
    now = days_after_the_end(2)
    assert states(shop) == {BASE: "LIMITED", SEAT: "SUSPENDED"}
    assert [one["state"] for one in seats(shop)["seats"]] == ["CONFIGURED"]
    shop.buy(*(shop.line(sku, now[sku].quantity, now[sku]) for sku in order))
    shop.jobs()
    assert states(shop) == {BASE: "SETUP_REQUIRED", SEAT: "ACTIVE"}
    assert anna.get("/servizi").status_code == 200
    assert [one["state"] for one in seats(shop)["seats"]] == ["CONFIGURED"]
    assert "× 2" in letter(shop, "Servizi di nuovo attivi")
    assert letter(shop, "Servizi aggiuntivi finiti") == ""


def test_in_the_limited_days_fewer_seats_than_people_are_refused_as_before(
    shop: Shop, outside: Outside, days_after_the_end: Passes
) -> None:
    """F004-21: the end takes nobody off a seat, so a renewal cannot either."""
    shop.buy(shop.line(BASE), shop.line(SEAT, 3))
    people_at_work(shop, outside, "anna@example.it", "bruno@example.it")
    now = days_after_the_end(2)
    base = shop.line(BASE, 1, now[BASE])
    assert shop.refused(base, shop.line(SEAT, 1, now[SEAT])) == {"SEATS_IN_USE"}
    shop.buy(base, shop.line(SEAT, 2, now[SEAT]))
    shop.jobs()
    told = seats(shop)
    assert (told["bought"], told["in_use"], told["over_limit"]) == (2, 2, False)
    assert letter(shop, "Servizi aggiuntivi finiti") == ""


def test_a_base_renewed_late_without_its_seats_ends_them_and_says_so(shop: Shop, days_after_the_end: Passes) -> None:
    """F004-22: what is not renewed was dropped; nothing goes on unpaid."""
    shop.buy(shop.line(BASE), shop.line(SEAT, 2), shop.line(DOCUMENTS))
    now = days_after_the_end(2)
    shop.buy(shop.line(BASE, 1, now[BASE]), shop.line(DOCUMENTS, 1, now[DOCUMENTS]))
    shop.jobs()
    assert states(shop) == {BASE: "SETUP_REQUIRED", DOCUMENTS: "ACTIVE", SEAT: "EXPIRED"}
    assert seats(shop)["bought"] == 0
    ended = letter(shop, "Servizi aggiuntivi finiti")
    assert "× 2" in ended
    assert "aggiungili di nuovo quando vuoi" in ended
    assert "Documenti" not in ended


def test_gigabytes_that_ended_with_the_base_stay_while_it_is_limited_and_are_over_with_it(
    shop: Shop, days_after_the_end: Passes
) -> None:
    """Decision 0021: nobody is told to delete documents that the renewal gives room to."""
    shop.buy(shop.line(BASE), shop.line(STORAGE, 5))
    program = caller(shop.client.application.test_client(), "product")
    room = f"/companies/{shop.company_id}/entitlements"
    days_after_the_end(2)
    for gigabytes in (3, 5):
        measured = {"used_bytes": gigabytes * GIGABYTE, "measured_at": clock.now().isoformat()}
        told = program.put(f"/companies/{shop.company_id}/storage", measured).get_json()
        assert (told["limit_gb"], told["filling"]) == (6, gigabytes == 5)
    shop.jobs()
    # More cannot be bought for a limited base: the letter does not speak of a button.
    assert "prima rinnova il servizio base" in letter(shop, "Lo spazio si sta riempiendo")
    closed = (clock.now() + timedelta(days=88)).isoformat()
    answer = program.get(room, at=closed).get_json()
    assert [(one["sku"], one["state"]) for one in answer["services"]] == [(BASE, "CLOSED"), (STORAGE, "EXPIRED")]
    assert answer["storage"]["limit_gb"] == 0
    with shop.tx() as session:
        user = a_user(session, shop.studio_id)
    browser = shop.client.application.test_client()
    sign_in(browser, user)
    page = visit(browser, f"/aziende/{shop.company_id}/servizi").press("Rinnova tutto insieme")
    assert "Spazio aggiuntivo" in page.text


def test_on_the_day_the_base_ends_one_letter_says_what_to_renew_with_it(shop: Shop, days_after_the_end: Passes) -> None:
    shop.buy(shop.line(BASE), shop.line(DOCUMENTS))
    ended_on = shop.ends()[BASE]
    days_after_the_end(0)
    told = letter(shop, "Servizi scaduti")
    assert "Documenti" in told
    assert "tornano se li rinnovi con lui" in told
    assert letter(shop, "Servizi aggiuntivi finiti") == ""
    # Asked about that day later, the answer is the same; nobody knew of a renewal then.
    now = shop.running()
    then = clock.now()
    days_after_the_end(3)
    shop.buy(shop.line(BASE, 1, now[BASE]))
    with shop.tx() as session:
        before = rights_of(session, shop.company_id, then)
        with_hindsight = rights_of(session, shop.company_id, then, known_now=True)
    assert [one.state for one in before.services] == ["LIMITED", "SUSPENDED"]
    assert [one.state for one in with_hindsight.services] == ["SETUP_REQUIRED", "EXPIRED"]
    assert now[DOCUMENTS].ends_on == ended_on


def test_a_lot_that_ends_in_the_limited_days_is_told_without_saying_that_the_base_goes_on(
    shop: Shop, advance: Advance, days_after_the_end: Passes
) -> None:
    shop.buy(shop.line(BASE))
    advance(timedelta(days=31))
    shop.buy(shop.line(SEAT, 2), extend_active_services=False)
    days_after_the_end(1)
    days_after_the_end(40)
    ended = letter(shop, "Servizi aggiuntivi finiti")
    assert "rinnova il servizio base: poi li aggiungi" in ended
    assert "continua" not in ended
