"""Credit that late card money became: what is spent is refused with what to do, what is not goes back (D11)."""

from flask import Flask
from flask.testing import FlaskClient

from entitlements import Party
from foundation import formats
from shop import Order, User, lock_order, look_and_reconcile
from shop.orders.closing import cancel_order
from shop.payments.refund_requests import learn_charges
from shop.transfers import spend_store_credit
from tests.banking import FINANCE, Run, credit_of
from tests.browsing import visit
from tests.conftest import Transact
from tests.flows.late_desk import LateTill, give_back, late_page, shown
from tests.flows.refund_desk import refund_page
from tests.flows.refund_desk import shown as refund_shown
from tests.flows.transfer_desk import tasks
from tests.signing import sign_in
from tests.stories import an_order

WHOLE, WHOLE_CENTS = "536,80 €", 53_680
LARGE, LARGE_CENTS = "2.440,00 €", 244_000


def pay_with_credit(tx: Transact, late: Order, sku: str) -> Order:
    """The buyer of a late order places another one and pays it from its credit, as far as that reaches."""
    with tx() as session:
        order = an_order(session, session.get_one(Party, late.buyer_party_id), sku)
        spend_store_credit(session, lock_order(session, order.id))
        return order


def euro(cents: int) -> str:
    return formats.money(cents).replace("\u00a0", " ")


def test_what_is_spent_is_refused_with_the_reason_and_the_rest_goes_back(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run
) -> None:
    order = late.requoted()
    bought = pay_with_credit(tx, order, "LITE-1")
    rest = WHOLE_CENTS - bought.gross_cents
    page = late_page(desk, order.number)
    assert "Una parte è già spesa e non torna alla carta." in page.text
    assert bought.number in page.text
    refused = shown(page, "536,80")
    said = f"{euro(bought.gross_cents)} erano credito e sono già spesi: restituisci al massimo {euro(rest)}."
    assert (refused.status, said in refused.text) == (422, True)
    before = shown(page)
    assert f"{euro(bought.gross_cents)} erano credito e il cliente li ha già spesi" in before.text
    before.press(f"Restituisci {euro(rest)} alla carta")
    run_jobs()
    assert (late.credit(order), late.refunds()) == (0, [rest])
    assert "return_claim" not in tasks(tx)


def test_what_is_all_spent_goes_back_once_it_is_credit_again(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run
) -> None:
    order = late.requoted()
    paid_in_part = pay_with_credit(tx, order, "LITE-50")
    assert late.credit(order) == 0
    page = late_page(desk, order.number)
    assert "Non resta nulla da restituire." in page.text
    with tx() as session:
        cancel_order(session, lock_order(session, paid_in_part.id), FINANCE)
    assert late.credit(order) == WHOLE_CENTS
    give_back(late_page(desk, order.number), WHOLE)
    run_jobs()
    assert (late.credit(order), late.refunds()) == (0, [WHOLE_CENTS])


def test_the_order_that_the_credit_paid_is_refunded_as_credit_first_as_the_page_says(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run
) -> None:
    order = late.requoted()
    bought = pay_with_credit(tx, order, "LITE-1")
    asked = refund_shown(refund_page(desk, bought), "riga:", come="store_credit")
    asked.press(f"Rimborsa {euro(bought.gross_cents)}")
    assert late.credit(order) == WHOLE_CENTS
    give_back(late_page(desk, order.number), WHOLE)
    run_jobs()
    assert (late.credit(order), late.refunds()) == (0, [WHOLE_CENTS])


def test_credit_of_other_money_stays_when_a_late_payment_goes_back(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run
) -> None:
    order = late.requoted()
    with tx() as session:
        buyer = session.get_one(Party, order.buyer_party_id)
    credit_of(tx, buyer, 10_000)
    refused = shown(late_page(desk, order.number), "600,00")
    assert (refused.status, f"Di questo pagamento restano {WHOLE}" in refused.text) == (422, True)
    give_back(late_page(desk, order.number), WHOLE)
    run_jobs()
    assert (late.credit(order), late.refunds()) == (10_000, [WHOLE_CENTS])


def test_a_refund_that_fails_later_is_credit_again_and_can_go_back_again(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run, app: Flask
) -> None:
    order = late.requoted()
    give_back(late_page(desk, order.number), WHOLE)
    run_jobs()
    (refund,) = [one for one in late.gateway.objects.values() if one["object"] == "refund"]
    refund["status"], late.charge()["amount_refunded"] = "failed", 0
    with app.app_context():
        look_and_reconcile(late.gateway, "refund", refund["id"])
        learn_charges(order.id, late.gateway)
    assert (late.credit(order), "refund_failed" in tasks(tx)) == (WHOLE_CENTS, True)
    give_back(late_page(desk, order.number), "400,00 €", "400")
    run_jobs()
    assert (late.credit(order), late.refunds()) == (13_680, [WHOLE_CENTS, 40_000])


def test_credit_that_was_spent_before_the_approval_is_not_given_back(
    desk: FlaskClient, late: LateTill, tx: Transact, people: list[User], run_jobs: Run
) -> None:
    order = late.requoted("LITE-50")
    asked = give_back(late_page(desk, order.number), LARGE).follow("Apri")
    bought = pay_with_credit(tx, order, "LITE-1")
    sign_in(desk, people[1])
    refused = visit(desk, asked.path).press(f"Approva {LARGE}")
    assert (refused.status, "erano credito e sono già spesi" in refused.text) == (409, True)
    run_jobs()
    assert (late.credit(order), late.refunds(), late.requests()) == (LARGE_CENTS - bought.gross_cents, [], [])
