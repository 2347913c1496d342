"""Add-on services (S004): a studio buys services for a company it pays for; what each choice costs, and until when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import Company, MemoryProvisioner, RunningService, rights_of, running_services, seating_of
from foundation import clock
from foundation.ids import new_id
from foundation.mail import MemoryMailer
from pricing import add_months
from shop import Membership, MemoryGateway, Order, RefundWish, User, lock_order, record_payment
from shop.payments.record import MoneyFact
from shop.transfers import store_credit_of
from tests.addons import until
from tests.api.caller import CLAUSES, Caller, caller
from tests.banking import FINANCE
from tests.browsing import visit
from tests.conftest import Transact
from tests.entitlements.scenes import a_scene, an_activation
from tests.factories import a_user
from tests.flows.test_buy_by_card import TICKS, letter_arrives
from tests.refunding import contest_newest_charge, request_refund
from tests.signing import post, sign_in

BASE, RECEIVE, SEAT = "EINVOICING-FULL", "EINVOICING-RECEIVE-ONLY", "EINVOICING-SEAT"
COLLECTIONS, DOCUMENTS = "MODULE-COLLECTIONS", "MODULE-DOCUMENTS"
WOO, ORDERS = "MODULE-WOOCOMMERCE", "MODULE-ORDERS"


@dataclass
class Shop:
    """A studio at the API of the shop, a company it pays for, and what happens outside."""

    api: Caller
    client: FlaskClient
    outside: Outside
    tx: Transact
    jobs: Callable[[], int]
    studio_id: UUID
    company_id: UUID

    def line(self, sku: str, quantity: int = 1, renews: RunningService | None = None) -> dict[str, Any]:
        renewed = {"renews": str(renews.licence_id)} if renews else {}
        return {"sku": sku, "quantity": quantity, "for_company": str(self.company_id), **renewed}

    def quote(self, *lines: dict[str, Any], **more: object) -> dict[str, Any]:
        answer = self.api.post("/quotes", {"lines": list(lines), **more})
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.get_json()
        return document

    def order(self, *lines: dict[str, Any], method: str = "stripe", **more: object) -> dict[str, Any]:
        body = {"lines": list(lines), "payment_method": method, "accepted_clauses": CLAUSES, **more}
        answer = self.api.post("/orders", body)
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.get_json()
        return document

    def refused(self, *lines: dict[str, Any], **more: object) -> set[str]:
        """The codes for which these lines cannot be ordered, the same in the quote and in the order."""
        body = {"lines": list(lines), "payment_method": "stripe", "accepted_clauses": CLAUSES, **more}
        answer = self.api.post("/orders", body)
        assert answer.status_code == 409, answer.text
        told = {refusal["code"] for refusal in answer.get_json()["refusals"]}
        quoted = self.quote(*lines, **more)
        assert not quoted["orderable"]
        assert {refusal["code"] for line in quoted["lines"] for refusal in line["refusals"]} == told
        return told

    def pay(self, order: dict[str, Any]) -> None:
        """Stripe says, signed, that the page of this order was paid."""
        gateway = self.outside.gateway
        assert isinstance(gateway, MemoryGateway)
        session_id = order["checkout_url"].rsplit("/", 1)[-1]
        gateway.pay(session_id)
        letter_arrives(self.client, "checkout.session.completed", gateway.objects[session_id])
        self.jobs()

    def transfer_arrives(self, number: str, cents: int) -> None:
        """The whole amount is recorded from a transfer; its window opens."""
        with self.tx() as session:
            order_id = session.scalars(select(Order.id).where(Order.number == number)).one()
            money = MoneyFact("manual", str(new_id()), "bank_transfer", cents, clock.now())
            record_payment(session, lock_order(session, order_id), money)

    def buy(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an order
        """Ordered and paid by card."""
        order = self.order(*lines, **more)
        self.pay(order)
        assert self.state(order) == "FULFILLED"
        return order

    def state(self, order: dict[str, Any]) -> str:
        return str(self.api.get(f"/orders/{order['number']}").get_json()["state"])

    def running(self) -> dict[str, RunningService]:
        """What runs today, by product."""
        with self.tx() as session:
            found = running_services(session, self.company_id, clock.today())
        services = found.others if found.base is None else (found.base, *found.others)
        return {one.sku: one for one in services}

    def ends(self) -> dict[str, date]:
        return {sku: one.ends_on for sku, one in self.running().items()}

    def credit(self) -> int:
        with self.tx() as session:
            return store_credit_of(session, self.studio_id)

    def subjects(self) -> list[str]:
        mailer = self.outside.mailer
        assert isinstance(mailer, MemoryMailer)
        return [str(message["Subject"]) for message in mailer.messages]


@pytest.fixture
def shop(client: FlaskClient, outside: Outside, tx: Transact, run_jobs: Callable[[], int]) -> Shop:
    """A studio that follows a company and pays for it."""
    with tx() as session:
        scene = a_scene(session, quantity=1)
        company_id = an_activation(session, scene)
        studio_id = scene.studio.id
    run_jobs()
    return Shop(caller(client, "studio", studio_id), client, outside, tx, run_jobs, studio_id, company_id)


def months_on(count: int) -> date:
    return add_months(clock.today(), count)


def test_without_a_base_service_it_is_bought_in_one_cart_with_its_modules_and_all_end_together(shop: Shop) -> None:
    quote = shop.quote(shop.line(BASE), shop.line(DOCUMENTS), shop.line(WOO), shop.line(SEAT, 2))
    assert quote["extensions"] == []
    assert (quote["net_cents"], quote["vat_cents"], quote["gross_cents"]) == (8970, 1973, 10943)
    shop.buy(shop.line(BASE), shop.line(DOCUMENTS), shop.line(WOO), shop.line(SEAT, 2), expected_gross_cents=10943)
    assert shop.ends() == dict.fromkeys((BASE, DOCUMENTS, WOO, SEAT), months_on(12))
    assert shop.running()[SEAT].quantity == 2


def test_the_extension_is_proposed_with_both_outcomes_and_extends_what_is_active_for_its_missing_months(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    base_ends = shop.ends()[BASE]
    advance(until(add_months(clock.today(), 6)))
    quote = shop.quote(shop.line(DOCUMENTS))
    (choice,) = quote["extensions"]
    assert choice["extend_active_services"]
    assert choice["on"]["gross_cents"] == quote["gross_cents"] == 3654
    assert choice["off"]["gross_cents"] == 1830
    assert choice["off"]["months_forfeited"] == 6
    assert [line["formula"].replace("\u00a0", " ") for line in quote["lines"]] == ["15,00 €", "29,90 € × 6/12"]
    assert {end["last_day"] for end in choice["on"]["ends"]} == {(months_on(12) - timedelta(days=1)).isoformat()}
    assert {end["ends_on"] for end in choice["off"]["ends"]} == {base_ends.isoformat()}

    order = shop.buy(shop.line(DOCUMENTS), expected_gross_cents=3654)
    assert shop.ends() == {BASE: months_on(12), DOCUMENTS: months_on(12)}
    told = shop.api.get(f"/orders/{order['number']}").get_json()["lines"][1]
    assert told["names"]["it"] == "Fatturazione Elettronica: 6 mesi in più"
    assert told["term"]["months"] == 6


def test_without_the_extension_a_module_costs_its_full_price_and_ends_with_the_base(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    base_ends = shop.ends()[BASE]
    advance(until(add_months(clock.today(), 11)))
    quote = shop.quote(shop.line(COLLECTIONS), extend_active_services=False)
    assert (quote["gross_cents"], quote["lines"][0]["months_forfeited"]) == (1830, 11)
    shop.buy(shop.line(COLLECTIONS), extend_active_services=False)
    assert shop.ends() == {BASE: base_ends, COLLECTIONS: base_ends}


def test_what_may_not_be_bought_is_refused_with_its_reason_in_the_quote_and_in_the_order(shop: Shop) -> None:
    assert shop.refused(shop.line(DOCUMENTS)) == {"NOT_AVAILABLE_FOR_SERVICE"}
    shop.buy(shop.line(RECEIVE))
    assert shop.refused(shop.line(DOCUMENTS)) == {"NOT_AVAILABLE_FOR_SERVICE"}
    assert shop.refused(shop.line(BASE)) == {"BASE_ALREADY_ACTIVE"}
    shop.buy(shop.line(SEAT, 3))
    assert shop.running()[SEAT].quantity == 3


def test_woocommerce_goes_only_with_documents(shop: Shop) -> None:
    shop.buy(shop.line(BASE))
    assert shop.refused(shop.line(WOO)) == {"REQUIRES_ANOTHER"}
    shop.buy(shop.line(WOO), shop.line(DOCUMENTS))
    assert shop.ends()[WOO] == shop.ends()[DOCUMENTS]


def test_base_modules_and_seats_are_renewed_together_and_a_module_can_be_dropped(shop: Shop) -> None:
    shop.buy(shop.line(BASE), shop.line(DOCUMENTS), shop.line(COLLECTIONS), shop.line(SEAT, 2))
    now = shop.running()
    kept = [shop.line(sku, now[sku].quantity, now[sku]) for sku in (BASE, DOCUMENTS, SEAT)]
    quote = shop.quote(*kept, years=2)
    assert quote["net_cents"] == 2 * (2990 + 1500 + 1980)
    shop.buy(*kept, years=2)
    assert shop.ends() == {
        BASE: months_on(36),
        DOCUMENTS: months_on(36),
        SEAT: months_on(36),
        COLLECTIONS: months_on(12),
    }


def test_a_renewal_keeps_a_seat_for_everybody_who_sits_until_one_is_freed(shop: Shop) -> None:
    """F004-21: an invited person sits as much as one at work; the company frees the seat, then fewer are renewed."""
    shop.buy(shop.line(BASE), shop.line(SEAT, 3))
    with shop.tx() as session:
        owner = a_user(session, shop.company_id, "owner")
    panel = shop.client.application.test_client()
    sign_in(panel, owner)
    for email in ("anna@example.it", "bruno@example.it"):
        assert post(panel, "/servizi/utenze", fields={"email": email}).status_code == 303
    now = shop.running()

    def renewal(seats: int) -> list[dict[str, Any]]:
        return [shop.line(BASE, 1, now[BASE]), *([shop.line(SEAT, seats, now[SEAT])] if seats else [])]

    assert shop.refused(*renewal(1)) == {"SEATS_IN_USE"}
    assert shop.refused(*renewal(0)) == {"SEATS_IN_USE"}, "left out, they would be taken away just as well"
    assert shop.quote(*renewal(2))["orderable"]
    with shop.tx() as session:
        anna = seating_of(session, shop.company_id).taken[0]
    assert post(panel, f"/servizi/utenze/{anna.id}", fields={"action": "free"}).status_code == 303
    shop.buy(*renewal(1))
    assert shop.running()[BASE].ends_on == months_on(24)


def test_a_base_that_has_ended_is_renewed_from_the_day_it_ended_in_the_cart_that_adds_a_module(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    ended_on = shop.ends()[BASE]
    advance(until(ended_on + timedelta(days=20)))
    base = shop.running()[BASE]
    assert shop.refused(shop.line(DOCUMENTS)) == {"RENEW_BASE_FIRST"}
    quote = shop.quote(shop.line(DOCUMENTS), shop.line(BASE, 1, base))
    assert [line["term"]["action"] for line in quote["lines"]] == ["RENEW", "START", "EXTEND"]
    shop.buy(shop.line(DOCUMENTS), shop.line(BASE, 1, base))
    assert shop.ends() == {BASE: months_on(12), DOCUMENTS: months_on(12)}
    assert add_months(ended_on, 12) < months_on(12)


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


@pytest.mark.parametrize("quantity", [0, -1, 100_001, 1.5, "3", True, None, 10**30])
def test_a_hostile_quantity_is_refused_before_anything_is_priced(shop: Shop, quantity: object) -> None:
    answer = shop.api.post("/quotes", {"lines": [shop.line(SEAT) | {"quantity": quantity}]})
    assert answer.status_code == 422


def test_a_studio_that_does_not_pay_for_a_company_does_not_buy_its_services(shop: Shop) -> None:
    with shop.tx() as session:
        other = a_scene(session, quantity=1).studio.id
    stranger = caller(shop.client, "studio", other)
    answer = stranger.post("/quotes", {"lines": [shop.line(BASE)]})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["code"] == "unknown_company"


def test_a_company_buys_services_for_itself(shop: Shop) -> None:
    itself = caller(shop.client, "company", shop.company_id)
    quote = itself.post("/quotes", {"lines": [{"sku": BASE, "quantity": 1}]}).get_json()
    assert quote["orderable"]
    assert quote["lines"][0]["for_company"] == str(shop.company_id)
    offers = {item["sku"]: item for item in itself.get("/catalogue").get_json()["items"]}
    assert offers[BASE]["buyable"]
    assert [refusal["code"] for refusal in offers[DOCUMENTS]["refusals"]] == ["NOT_AVAILABLE_FOR_SERVICE"]


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


def states(shop: Shop) -> dict[str, str]:
    """How each service stands today."""
    with shop.tx() as session:
        rights = rights_of(session, session.get_one(Company, shop.company_id))
    return {one.licence.sku: one.state for one in rights.services}


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
