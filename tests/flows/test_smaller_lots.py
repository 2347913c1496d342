"""Fewer seats at renewal, as a story: what is charged, what runs, and an order that waits while the lot moves."""

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select

from entitlements import MemoryProvisioner, RunningService, rights_of, running_services
from entitlements.provisioning.changes import announce_change
from foundation import clock
from pricing import add_months
from shop import Membership, User
from tests.addons import until
from tests.api.caller import caller
from tests.browsing import visit
from tests.factories import a_user
from tests.flows.renewal_payer import Payer
from tests.flows.service_shop import BASE, COLLECTIONS, DOCUMENTS, SEAT, Shop, months_on
from tests.flows.test_seats import ALL_READ
from tests.signing import post, sign_in


def seats(shop: Shop) -> list[tuple[int, date]]:
    """Every lot of seats the company has or has paid for: how many, and until when."""
    with shop.tx() as session:
        found = running_services(session, shop.company_id, clock.today())
    return sorted((one.quantity, one.ends_on) for one in found.others if one.sku == SEAT)


def test_whoever_renews_three_of_five_seats_and_adds_a_module_pays_three_and_the_old_lot_lapses(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE), shop.line(SEAT, 5))
    lot = shop.running()[SEAT]
    advance(until(add_months(clock.today(), 6)))
    wanted = (shop.line(SEAT, 3, lot), shop.line(DOCUMENTS))
    quote = shop.quote(*wanted)
    assert [(line["sku"], line["net_cents"]) for line in quote["lines"]] == [
        (SEAT, 2970),
        (DOCUMENTS, 1500),
        (BASE, 1495),
    ]
    (choice,) = quote["extensions"]
    assert [end["ends_on"] for end in choice["on"]["ends"] if end["ends_before"] and end["sku"] == SEAT] == [
        lot.ends_on.isoformat()
    ]
    shop.buy(*wanted, expected_gross_cents=quote["gross_cents"])
    assert shop.ends()[BASE] == shop.ends()[DOCUMENTS] == months_on(12)
    assert seats(shop) == [(3, add_months(lot.ends_on, 12)), (5, lot.ends_on)]
    advance(until(lot.ends_on))
    assert seats(shop) == [(3, add_months(lot.ends_on, 12))]


def test_an_order_for_fewer_seats_needs_a_new_quote_when_the_lot_was_renewed_meanwhile(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE), shop.line(SEAT, 5))
    now = shop.running()
    advance(until(add_months(clock.today(), 11)))
    base, lot = shop.line(BASE, 1, now[BASE]), now[SEAT]
    shop.buy(base, years=2)
    waiting = shop.order(shop.line(SEAT, 3, lot), method="bank_transfer")
    shop.buy(shop.line(SEAT, 5, lot))
    assert shop.state(waiting) == "NEEDS_REQUOTE"
    assert f"Serve un nuovo preventivo · {waiting['number']}" in shop.subjects()
    # Money that is on its way all the same buys no second lot; asked again, fewer are still fewer.
    shop.transfer_arrives(waiting["number"], waiting["gross_cents"])
    shop.jobs()
    assert (shop.state(waiting), shop.credit()) == ("NEEDS_REQUOTE", waiting["gross_cents"])
    assert seats(shop) == [(5, add_months(lot.ends_on, 12))]
    with shop.tx() as session:
        owner = session.scalars(select(User).join(Membership).where(Membership.party_id == shop.studio_id)).first()
    assert owner is not None
    sign_in(shop.client, owner, shop.studio_id)
    cart = visit(shop.client, f"/ordini/{waiting['number']}").press("Rifai il preventivo")
    assert "9,90 € × 3" in cart.text


def test_a_lot_that_a_smaller_one_follows_is_neither_extended_nor_renewed_once_more(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    lot = a_lot_that_three_seats_follow(shop, advance)
    advance(until(add_months(clock.today(), 1)))
    later = shop.quote(shop.line(COLLECTIONS))
    assert {line["sku"] for line in later["lines"]} == {COLLECTIONS, DOCUMENTS, BASE}
    assert lot.ends_on.isoformat() in {
        end["ends_on"] for end in later["extensions"][0]["on"]["ends"] if end["sku"] == SEAT
    }
    assert shop.refused(shop.line(SEAT, 5, lot)) == {"REPLACED_ALREADY"}
    assert shop.refused(shop.line(SEAT, 2, lot)) == {"REPLACED_ALREADY"}
    shop.buy(shop.line(COLLECTIONS))
    assert seats(shop) == [(3, add_months(lot.ends_on, 12)), (5, lot.ends_on)]


def test_of_two_orders_for_fewer_of_the_same_seats_the_second_asks_for_a_new_quote(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE), shop.line(SEAT, 5))
    now = shop.running()
    lot = now[SEAT]
    advance(until(add_months(clock.today(), 11)))
    shop.buy(shop.line(BASE, 1, now[BASE]), years=2)
    first = shop.order(shop.line(SEAT, 3, lot))
    second = shop.order(shop.line(SEAT, 2, lot), method="bank_transfer")
    shop.pay(first)
    assert (shop.state(first), shop.state(second)) == ("FULFILLED", "NEEDS_REQUOTE")
    assert seats(shop) == [(3, add_months(lot.ends_on, 12)), (5, lot.ends_on)]


def test_a_late_payment_of_another_order_gives_no_months_to_a_lot_that_a_smaller_one_follows(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE), shop.line(SEAT, 5))
    lot = shop.running()[SEAT]
    advance(until(add_months(clock.today(), 6)))
    shop.buy(shop.line(SEAT, 3, lot), shop.line(DOCUMENTS))
    waiting = shop.order(shop.line(COLLECTIONS), method="bank_transfer")
    advance(timedelta(days=4))
    shop.transfer_arrives(waiting["number"], waiting["gross_cents"])
    advance(timedelta(hours=13))
    shop.jobs()
    assert shop.state(waiting) == "FULFILLED"
    assert seats(shop) == [(3, add_months(lot.ends_on, 12)), (5, lot.ends_on)]


def test_a_smaller_lot_keeps_the_name_of_its_product_wherever_it_is_told(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    a_lot_that_three_seats_follow(shop, advance)
    with shop.tx() as session:
        named = {one.licence.names["it"] for one in rights_of(session, shop.company_id).services}
        announce_change(session, shop.company_id)
    assert {name for name in named if name.startswith("Utente")} == {"Utente aggiuntivo"}
    shop.jobs()
    assert isinstance(shop.outside.provisioner, MemoryProvisioner)
    told = shop.outside.provisioner.changes[-1][1]["services"]
    assert {one["name"] for one in told if one["name"].startswith("Utente")} == {"Utente aggiuntivo"}


def a_lot_that_three_seats_follow(shop: Shop, advance: Callable[[timedelta], None]) -> RunningService:
    """Five seats, of which three were renewed ahead together with a new module; answers the five."""
    shop.buy(shop.line(BASE), shop.line(SEAT, 5))
    lot = shop.running()[SEAT]
    advance(until(add_months(clock.today(), 6)))
    shop.buy(shop.line(SEAT, 3, lot), shop.line(DOCUMENTS))
    return lot


def test_a_smaller_lot_gives_its_seats_from_the_day_the_old_one_lapses(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    """F004-10, F004-21: eight people never sit where five seats and then three were bought."""
    shop.buy(shop.line(BASE), shop.line(SEAT, 5))
    now = shop.running()
    advance(until(add_months(clock.today(), 1)))
    shop.buy(shop.line(BASE, 1, now[BASE]), shop.line(SEAT, 3, now[SEAT]))
    assert told_of_seats(shop) == (5, [(5, "ACTIVE"), (3, "NOT_STARTED")])
    owner = shop.client.application.test_client()
    with shop.tx() as session:
        user = a_user(session, shop.company_id, "owner")
    sign_in(owner, user)
    invited = [
        post(owner, "/servizi/utenze", email=f"posto{number}@example.it", **ALL_READ).status_code for number in range(6)
    ]
    assert invited == [303] * 5 + [409]
    advance(until(now[SEAT].ends_on))
    shop.jobs()
    assert told_of_seats(shop) == (3, [(3, "ACTIVE")])
    program = caller(shop.client.application.test_client(), "product")
    document = program.get(f"/companies/{shop.company_id}/seats").get_json()
    assert (document["bought"], document["in_use"]) == (3, 3)


def test_nobody_is_written_to_about_the_end_of_a_lot_that_a_smaller_one_follows(payer: Payer) -> None:
    shop, now = payer.shop, payer.shop.running()
    shop.buy(*(shop.line(sku, 1, now[sku]) for sku in (BASE, DOCUMENTS, SEAT)))
    for days_before in (31, 8, 2, 0):
        payer.go_to(days_before)
    assert shop.ends()[SEAT] == add_months(now[SEAT].ends_on, 12)
    assert (payer.mails("Servizi in scadenza"), payer.mails("Servizi aggiuntivi finiti")) == (0, 0)


def told_of_seats(shop: Shop) -> tuple[int, list[tuple[int, str]]]:
    """What the vendor was told last: how many seats there are, and how each lot stands."""
    provisioner = shop.outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    body = provisioner.changes[-1][1]
    lots = [(one["quantity"], one["state"]) for one in body["services"] if one["kind"] == "seats"]
    return body["seats"]["bought"], lots
