"""Finance gives money back (D10): what that does is shown before the click, and only that is done, once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import (
    Cause,
    Company,
    Party,
    activate_coupon,
    coupons_by_state,
    give_back_recovered,
    recover_unused,
    stock_of,
)
from entitlements.licences import Licence
from entitlements.wallets import Consumed, WalletBucket, consume
from foundation.events import events_about
from foundation.ids import new_id
from foundation.mail import MemoryMailer
from shop import MemoryGateway, Order, User, look_and_reconcile, start_checkout
from shop.orders.order_book import OrderLine, lines_of
from shop.payments.money_in import FinanceTask
from shop.payments.refund_plans import LineLeft, Refundable, RefundWish
from shop.payments.stripe_facts import RefundRequest
from shop.transfers import store_credit_of
from shop.web.finance.refund_words import effects_of, left_said
from tests.banking import Bank, finance_people
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_studio
from tests.signing import sign_in
from tests.stories import an_order, company_data, owner_of, stock_the_shop

Run = Callable[[], int]


@pytest.fixture
def people(tx: Transact) -> list[User]:
    """Two people of finance, in a shop with the demo catalogue."""
    with tx() as session:
        stock_the_shop(session)
        return finance_people(session)


@pytest.fixture
def desk(client: FlaskClient, people: list[User]) -> FlaskClient:
    """A browser in which the first person of finance is signed in."""
    sign_in(client, people[0])
    return client


@pytest.fixture
def pass_time(advance: Callable[[timedelta], None], run_jobs: Run) -> Callable[[timedelta], None]:
    """Let business time pass, and whatever came due be done."""

    def wait(step: timedelta) -> None:
        advance(step)
        run_jobs()

    return wait


class Till:
    """Orders paid in each way."""

    def __init__(self, app: Flask, outside: Outside, tx: Transact, bank: Bank) -> None:
        assert isinstance(outside.gateway, MemoryGateway)
        self.app, self.gateway, self.tx, self.bank = app, outside.gateway, tx, bank

    def by_card(self, sku: str, quantity: int = 1) -> Order:
        """An order paid on the hosted page, fulfilled."""
        with self.tx() as session:
            order = an_order(session, a_studio(session), sku, quantity)
        with self.app.app_context():
            page = start_checkout(order.id, self.gateway)
            self.gateway.pay(page.session_id)
            look_and_reconcile(self.gateway, "checkout_session", page.session_id)
        return order

    def by_transfer(self, sku: str, quantity: int = 1) -> Order:
        """An order paid by transfer, fulfilled."""
        with self.tx() as session:
            order = an_order(session, a_studio(session), sku, quantity, method="bank_transfer")
        self.bank.transfer(order.gross_cents, order.rf_reference)
        return order

    def states(self, order: Order) -> dict[str, int]:
        """The order's coupons by state."""
        with self.tx() as session:
            lines = [line.id for line in lines_of(session, order.id)]
            return coupons_by_state(session, "order_line", lines)[lines[0]]


@pytest.fixture
def till(app: Flask, outside: Outside, tx: Transact, client: FlaskClient, run_jobs: Run, people: list[User]) -> Till:  # noqa: ARG001 - the shop is stocked first
    """A till."""
    return Till(app, outside, tx, Bank(client, run_jobs))


def refund_page(desk: FlaskClient, order: Order) -> Page:
    """The page from which finance refunds an order, reached from the order."""
    return visit(desk, f"/ordini/{order.number}").follow("Rimborsa")


def shown(page: Page, what: str, **more: str) -> Page:
    """What the choice does, before it is done."""
    choice = next(str(one["value"]) for one in page.soup.select("[name=che]") if str(one["value"]).startswith(what))
    return page.press("Mostra che cosa succede", {"che": choice} | more)


def activate_one(tx: Transact, order: Order) -> None:
    """One of the order's coupons becomes a company."""
    with tx() as session:
        studio = session.get_one(Party, order.buyer_party_id)
        coupon = next(one for one, _ in stock_of(session, studio.id, state="AVAILABLE"))
        activate_coupon(session, coupon.id, company_data(), owner_of(studio))


def bucket_of(tx: Transact, order: Order) -> WalletBucket:
    """What the order put into a wallet."""
    with tx() as session:
        return session.scalars(select(WalletBucket).where(WalletBucket.holder_party_id == order.buyer_party_id)).one()


def use_up(tx: Transact, order: Order, quantity: int) -> None:
    """So many invoices of the order's pack are used by the only company there is."""
    with tx() as session:
        company = session.scalars(select(Company.id)).one()
        assert isinstance(consume(session, company, [order.buyer_party_id], "documents", quantity, "1"), Consumed)


def requests(tx: Transact) -> list[RefundRequest]:
    """What was asked for, oldest first."""
    with tx() as session:
        return list(session.scalars(select(RefundRequest).order_by(RefundRequest.id)))


def tasks(tx: Transact) -> set[str]:
    """The kinds of open tasks."""
    with tx() as session:
        return set(session.scalars(select(FinanceTask.kind).where(FinanceTask.resolved_at.is_(None))))


def subjects(outside: Outside) -> list[str]:
    """The subjects of the mails that were sent."""
    assert isinstance(outside.mailer, MemoryMailer)
    return [str(one["Subject"]) for one in outside.mailer.messages]


def test_the_unused_coupons_of_a_line_go_back_to_the_card_and_what_that_does_is_shown_before(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run, outside: Outside
) -> None:
    order = till.by_card("LITE-1", 5)
    activate_one(tx, order)
    run_jobs()
    preview = shown(refund_page(desk, order), "riga:")
    assert "Si annullano e non si attivano più: 4 coupon di «Coupon LITE»." in preview.text
    assert "Già usati, non si rimborsano e restano come sono: 1 coupon." in preview.text
    assert "alla carta usata" in preview.text
    assert till.states(order) == {"AVAILABLE": 4, "ACTIVE": 1}, "looking changes nothing"
    done = preview.press("Rimborsa 239,12 €")
    assert "In corso" in done.text
    assert till.states(order) == {"AVAILABLE": 4, "ACTIVE": 1}
    run_jobs()
    assert till.states(order) == {"VOIDED": 4, "ACTIVE": 1}
    assert [(one.amount_cents, one.state) for one in requests(tx)] == [(23_912, "DONE")]
    seen = visit(desk, f"/ordini/{order.number}").part("main")
    assert "Hai 5 coupon in questo ordine. 1 è già attivo. 4 sono stati rimborsati: non si attivano più." in seen
    assert "Rimborsati 239,12 €." in seen
    again = refund_page(desk, order)
    assert "Rimborsato" in again.text
    assert "59,78 €" in again.text
    assert "credit_note" in tasks(tx)
    assert subjects(outside).count(f"Rimborso registrato · {order.number}") == 1
    with tx() as session:
        assert "order.refunded" in [event.type for event in events_about(session, "order", order.id)]


def test_what_changed_after_it_was_shown_is_shown_anew_and_nothing_is_given_back(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run
) -> None:
    order = till.by_card("LITE-1", 5)
    preview = shown(refund_page(desk, order), "riga:")
    activate_one(tx, order)
    refused = preview.press("Rimborsa 298,90 €")
    assert refused.status == 422
    assert "Nel frattempo qualcosa è cambiato" in refused.text
    run_jobs()
    assert requests(tx) == []
    assert till.states(order) == {"AVAILABLE": 4, "ACTIVE": 1}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"importo": ""}, "Scrivi l’importo così"),
        ({"importo": "0"}, "Scrivi l’importo così"),
        ({"importo": "-5"}, "Scrivi l’importo così"),
        ({"importo": "9999999"}, "rimborsa al massimo quelli"),
        ({"che": "riga:altro"}, "Scegli che cosa rimborsare"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_field_and_kept(
    desk: FlaskClient, till: Till, fields: dict[str, str], said: str
) -> None:
    order = till.by_card("LITE-1")
    wrong = refund_page(desk, order).press("Mostra che cosa succede", {"che": "importo"} | fields)
    assert wrong.status == 422
    assert said in wrong.part(".g-errs")
    assert wrong.title.startswith("Errore:")
    typed = fields.get("importo", "")
    assert str(wrong.soup.select_one("#importo")["value"]) == typed  # type: ignore[index]


def test_from_the_threshold_on_a_second_person_sees_the_same_and_approves(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run, people: list[User]
) -> None:
    order = till.by_card("LITE-50")
    asked = shown(refund_page(desk, order), "riga:").press("Rimborsa 2.440,00 €")
    assert "la approva una seconda persona" in asked.text
    run_jobs()
    assert requests(tx) == []
    own = asked.follow("Apri")
    assert "L’hai chiesto tu." in own.text
    token = str(own.soup.select_one("[name=csrf_token]")["value"])  # type: ignore[index]
    assert desk.post(f"{own.path}/approva", data={"csrf_token": token}).status_code == 403
    sign_in(desk, people[1])
    second = visit(desk, own.path)
    assert "Si annullano e non si attivano più: 50 coupon" in second.text
    second.press("Approva 2.440,00 €")
    run_jobs()
    assert till.states(order) == {"VOIDED": 50}
    assert requests(tx)[0].requested_by_user_id == people[1].id


def test_small_sums_add_up_to_the_threshold(desk: FlaskClient, till: Till, run_jobs: Run) -> None:
    order = till.by_card("LITE-50")
    for amount, waits in (("600", False), ("600", True)):
        page = shown(refund_page(desk, order), "importo", importo=amount).press("Rimborsa 600,00 €")
        assert ("seconda persona" in page.text) is waits
        run_jobs()


def test_an_approval_refuses_what_is_not_so_any_more(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run, people: list[User]
) -> None:
    order = till.by_card("LITE-50")
    asked = shown(refund_page(desk, order), "riga:").press("Rimborsa 2.440,00 €").follow("Apri")
    activate_one(tx, order)
    sign_in(desk, people[1])
    refused = visit(desk, asked.path).press("Approva 2.440,00 €")
    assert refused.status == 409
    assert "Nel frattempo qualcosa è cambiato" in refused.text
    run_jobs()
    assert requests(tx) == []


def test_what_is_left_of_a_pack_goes_back_and_what_was_used_stays_used(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run
) -> None:
    coupons = till.by_card("LITE-1")
    activate_one(tx, coupons)
    run_jobs()
    order = till.by_card("INVOICES-100")
    use_up(tx, order, 30)
    preview = shown(refund_page(desk, order), "riga:")
    assert "Non si può più usare: 70 fatture di «100 fatture»." in preview.text
    assert "restano come sono: 30 fatture." in preview.text
    preview.press("Rimborsa 17,08 €")
    assert bucket_of(tx, order).balance == 0, "held from the moment it was asked for"
    run_jobs()
    assert requests(tx)[0].state == "DONE"
    assert "non usati: 0 fatture · usati: 100 fatture" in refund_page(desk, order).text


def test_what_stripe_refuses_gives_everything_back_to_the_buyer_and_a_task_to_finance(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run
) -> None:
    order = till.by_card("INVOICES-100")
    shown(refund_page(desk, order), "riga:").press("Rimborsa 24,40 €")
    assert bucket_of(tx, order).balance == 0
    charge = next(one for one in till.gateway.objects.values() if one["object"] == "charge")
    charge["amount_refunded"] = charge["amount"] - 1
    run_jobs()
    assert bucket_of(tx, order).balance == 100
    assert [one.state for one in requests(tx)] == ["REFUSED"]
    assert "refund_failed" in tasks(tx)


@pytest.mark.parametrize(
    ("way", "mailed", "credit"),
    [("bank", "Arrivano con un bonifico", 0), ("store_credit", "Li trovi nel credito residuo", 53_680)],
)
def test_an_order_paid_by_transfer_goes_back_by_transfer_or_as_store_credit(  # noqa: PLR0917 - a case of a table
    desk: FlaskClient,
    till: Till,
    tx: Transact,
    run_jobs: Run,
    pass_time: Callable[[timedelta], None],
    outside: Outside,
    way: str,
    mailed: str,
    credit: int,
) -> None:
    order = till.by_transfer("LITE-10")
    assert "Rimborsa" not in visit(desk, f"/ordini/{order.number}").part("main")
    assert "L’ordine non è evaso" in visit(desk, f"/desk/rimborsi/{order.number}").text
    pass_time(timedelta(hours=13))
    preview = shown(refund_page(desk, order), "riga:", come=way)
    preview.press("Rimborsa 536,80 €")
    run_jobs()
    assert till.states(order) == {"VOIDED": 10}
    assert [(one.way, one.state) for one in requests(tx)] == [(way, "DONE")]
    with tx() as session:
        assert store_credit_of(session, order.buyer_party_id) == credit
    assert isinstance(outside.mailer, MemoryMailer)
    body = outside.mailer.messages[-1].get_body(("plain",))
    assert body is not None
    assert mailed in body.get_content()
    assert "Non resta nulla da rimborsare." in refund_page(desk, order).text
    over = visit(desk, f"/ordini/{order.number}").part("main")
    assert "10 sono stati rimborsati" in over
    assert "attiva un coupon" not in over


@pytest.mark.parametrize(("what", "mode"), [("tutto", True), ("importo", False)])
def test_only_a_decision_about_everything_suspends_what_is_in_use(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run, what: str, mode: bool
) -> None:
    order = till.by_card("LITE-1", 3)
    activate_one(tx, order)
    run_jobs()
    preview = shown(refund_page(desk, order), what, importo="179,34" if what == "importo" else "")
    said = "passano in sola lettura" if mode else "restano attive"
    assert said in preview.text
    preview.press("Rimborsa 179,34 €")
    run_jobs()
    assert till.states(order) == {"VOIDED": 2, "ACTIVE": 1}
    with tx() as session:
        licence = session.scalars(select(Licence)).one()
    assert (licence.suspended_at is not None) is mode


def test_an_amount_leaves_the_rights_as_they_are(desk: FlaskClient, till: Till, run_jobs: Run) -> None:
    order = till.by_card("LITE-1", 3)
    preview = shown(refund_page(desk, order), "importo", importo="10")
    assert "restano come sono: torna solo l’importo" in preview.text
    preview.press("Rimborsa 10,00 €")
    run_jobs()
    assert till.states(order) == {"AVAILABLE": 3}
    assert "169,34 €" in refund_page(desk, order).text


def test_a_double_click_gives_back_once(desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run) -> None:
    order = till.by_card("LITE-1", 3)
    preview = shown(refund_page(desk, order), "riga:")
    preview.press("Rimborsa 179,34 €")
    assert preview.press("Rimborsa 179,34 €").status == 422
    run_jobs()
    assert [(one.amount_cents, one.state) for one in requests(tx)] == [(17_934, "DONE")]


def test_when_stripe_is_silent_nothing_is_promised(desk: FlaskClient, till: Till, tx: Transact) -> None:
    order = till.by_card("LITE-1")
    till.gateway.down = True
    answer = shown(refund_page(desk, order), "tutto").press("Rimborsa 59,78 €")
    assert "Stripe non risponde: non è cambiato nulla." in answer.text
    assert requests(tx) == []


def test_a_dispute_freezes_what_is_left_of_a_pack_a_won_one_gives_it_back_and_a_lost_one_ends_it(
    till: Till, tx: Transact, app: Flask
) -> None:
    coupons = till.by_card("LITE-1")
    activate_one(tx, coupons)
    order = till.by_card("INVOICES-100")
    use_up(tx, order, 30)
    charge = [one for one in till.gateway.objects.values() if one["object"] == "charge"][-1]
    dispute = {"id": "du_1", "object": "dispute", "charge": charge["id"], "payment_intent": charge["payment_intent"]}
    dispute |= {"amount": 2_440, "evidence_details": {}, "balance_transactions": [], "livemode": False}
    till.gateway.objects["du_1"] = dispute
    for status, left in (("needs_response", 0), ("won", 70), ("needs_response", 0), ("lost", 0), ("lost", 0)):
        dispute["status"] = status
        with app.app_context():
            look_and_reconcile(till.gateway, "dispute", "du_1")
        assert bucket_of(tx, order).balance == left, status


def test_what_expires_while_it_is_frozen_does_not_come_back_to_life(
    till: Till, tx: Transact, pass_time: Callable[[timedelta], None]
) -> None:
    order = till.by_card("INVOICES-100")
    why = Cause("dispute", new_id())
    with tx() as session:
        line = lines_of(session, order.id)[0]
        assert recover_unused(session, "order_line", {line.id: line.net_cents}, why) == 100
    pass_time(timedelta(days=400))
    with tx() as session:
        assert give_back_recovered(session, why) == 100
        assert give_back_recovered(session, why) == 0
    assert bucket_of(tx, order).balance == 0


@pytest.mark.parametrize(
    ("action", "everything", "said"),
    [
        ("START", True, "Si sospendono i servizi attivati con quest’ordine, senza cancellare nulla: Documenti."),
        ("START", False, "Per sospendere i servizi attivati con quest’ordine scegli tutto l’ordine."),
        ("EXTEND", True, "I servizi restano attivi fino alla scadenza: Documenti."),
    ],
)
def test_what_becomes_of_a_service_is_said_before(app: Flask, action: str, everything: bool, said: str) -> None:
    names, term = {"it": "Documenti", "en": "Documents"}, {"action": action}
    line = OrderLine(id=new_id(), names=names, gives={"kind": "licence"}, term=term)
    known = Refundable(1_830, {"card": 1_830}, blocked=False, lines=(LineLeft(line, 0, 0, 0),))
    with app.test_request_context():
        effects = effects_of(known, RefundWish(1_830, everything=everything), 1_830)
        began = left_said(known.lines[0]) == "servizio attivato con quest’ordine"
    assert said in effects
    assert began is (action == "START")
    assert ("I servizi restano attivi fino alla scadenza: Documenti." in effects) is not (began and everything)
    assert not [one for one in effects if "coupon" in one]
