"""Add-on services and their money: time passes before the payment, quotes fall, refunds and disputes reach services."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from entitlements import MemoryProvisioner
from foundation import clock
from pricing import add_months
from shop import Membership, MemoryGateway, Order, RefundWish, User
from tests.addons import until
from tests.banking import FINANCE
from tests.browsing import visit
from tests.flows.service_shop import BASE, COLLECTIONS, DOCUMENTS, SEAT, Shop, months_on, states
from tests.flows.test_buy_by_card import TICKS
from tests.refunding import contest_newest_charge, request_refund
from tests.signing import sign_in


def test_a_transfer_that_comes_later_activates_on_its_day_at_the_quoted_charge(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 6)))
    order = shop.order(shop.line(DOCUMENTS), method="bank_transfer")
    assert order["gross_cents"] == 3654
    advance(timedelta(days=4))
    shop.transfer_arrives(order["number"], 3654)
    paid_on = clock.today()
    advance(timedelta(hours=13))
    shop.jobs()
    assert shop.state(order) == "FULFILLED"
    assert shop.ends() == {BASE: add_months(paid_on, 12), DOCUMENTS: add_months(paid_on, 12)}


def test_a_base_that_ends_before_the_payment_asks_for_a_new_quote_and_nobody_is_charged(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 12) - timedelta(days=2)))
    order = shop.order(shop.line(DOCUMENTS), method="bank_transfer")
    advance(timedelta(days=3))
    shop.jobs()
    assert shop.state(order) == "NEEDS_REQUOTE"
    assert f"Serve un nuovo preventivo · {order['number']}" in shop.subjects()


def test_two_carts_that_extend_the_same_service_charge_the_months_once(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 6)))
    first, second = shop.order(shop.line(DOCUMENTS)), shop.order(shop.line(COLLECTIONS))
    assert first["gross_cents"] == second["gross_cents"] == 3654
    shop.pay(first)
    assert (shop.state(first), shop.state(second)) == ("FULFILLED", "NEEDS_REQUOTE")
    assert shop.api.get(f"/orders/{second['number']}").get_json()["checkout_url"] is None
    assert shop.ends() == {BASE: months_on(12), DOCUMENTS: months_on(12)}
    # Money that is on its way all the same is store credit, and pays the new quote.
    shop.transfer_arrives(second["number"], 3654)
    shop.jobs()
    assert (shop.state(second), shop.credit()) == ("NEEDS_REQUOTE", 3654)
    assert shop.quote(shop.line(COLLECTIONS))["gross_cents"] == 1830


def test_a_quote_that_falls_inside_the_window_of_its_transfer_gives_the_money_back(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 6)))
    waiting = shop.order(shop.line(COLLECTIONS), method="bank_transfer")
    shop.transfer_arrives(waiting["number"], 3654)
    assert shop.state(waiting) == "PAID"
    shop.buy(shop.line(DOCUMENTS))
    advance(timedelta(hours=13))
    shop.jobs()
    assert (shop.state(waiting), shop.credit()) == ("NEEDS_REQUOTE", 3654)
    assert COLLECTIONS not in shop.running()


def test_an_order_that_needs_a_new_quote_offers_it_in_one_press_and_store_credit_pays_it(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 6)))
    late = shop.order(shop.line(COLLECTIONS), shop.line(SEAT, 2), method="bank_transfer")
    shop.transfer_arrives(late["number"], late["gross_cents"])
    shop.buy(shop.line(DOCUMENTS))
    advance(timedelta(hours=13))
    shop.jobs()
    with shop.tx() as session:
        owner = session.scalars(select(User).join(Membership).where(Membership.party_id == shop.studio_id)).first()
    assert owner is not None
    sign_in(shop.client, owner, shop.studio_id)
    page = visit(shop.client, f"/ordini/{late['number']}")
    assert "Da ricalcolare" in page.part(".g-stato")
    assert "Non addebitiamo il vecchio importo." in page.text
    cart = page.press("Rifai il preventivo")
    assert cart.path == "/carrello"
    assert "Incassi e pagamenti" in cart.text
    assert "9,90 € × 2" in cart.text
    # The base was extended by the other order: what was missing then is not missing now.
    assert "29,90 € × 6/12" not in cart.text
    paid = cart.follow("Vai al pagamento").press("Ordine con obbligo di pagare", TICKS)
    assert "Evaso" in paid.part(".g-stato")
    assert "Rinnova" in paid.follow("Vai ai servizi").text
    assert COLLECTIONS in shop.running()
    newest = shop.api.get("/orders").get_json()["items"][0]
    assert newest["gross_cents"] < late["gross_cents"]
    assert shop.credit() == late["gross_cents"] - newest["gross_cents"]


def test_a_lost_dispute_suspends_the_services_its_order_started_and_no_others(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    """D10: the base that the contested order only made longer goes on; a won dispute gives the module back."""
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 6)))
    shop.buy(shop.line(DOCUMENTS))
    before = states(shop)
    assert "SUSPENDED" not in before.values()
    assert isinstance(shop.outside.gateway, MemoryGateway)
    suspended = before | {DOCUMENTS: "SUSPENDED"}
    for status, expected in (("needs_response", before), ("lost", suspended), ("lost", suspended), ("won", before)):
        with shop.client.application.app_context():
            contest_newest_charge(shop.outside.gateway, status)
        assert states(shop) == expected, status
    shop.jobs()
    told = [subject.partition(" · ")[0] for subject in shop.subjects() if subject.startswith("Servizi")]
    assert told == ["Servizi sospesi", "Servizi di nuovo attivi"]


def test_a_refund_of_everything_suspends_a_service_and_what_stands_beside_it_and_the_vendor_is_told(shop: Shop) -> None:
    """D10: nothing is deleted, the days paid stay on record."""
    shop.buy(shop.line(BASE), shop.line(SEAT))
    ends = shop.ends()
    with shop.tx() as session:
        order_id = session.scalars(select(Order.id).order_by(Order.id.desc())).first()
    assert order_id is not None
    with shop.client.application.app_context():
        request_refund(order_id, RefundWish(everything=True), FINANCE, shop.outside.gateway)
    assert states(shop) == {BASE: "SUSPENDED", SEAT: "SUSPENDED"}
    assert shop.ends() == ends
    shop.jobs()
    vendor = shop.outside.provisioner
    assert isinstance(vendor, MemoryProvisioner)
    _key, body = vendor.changes[-1]
    assert {one["state"] for one in body["services"]} == {"SUSPENDED"}
