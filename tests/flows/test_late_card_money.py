"""Card money that came when its order was closed goes back from the desk, not from Stripe's dashboard (D11, S04)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from foundation.events import Event
from foundation.mail import MemoryMailer
from shop import User, look_and_reconcile, settle_pending
from shop.payments.refund_requests import learn_charges
from shop.payments.stripe_facts import RefundRequest
from tests.banking import Run
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.inviting import text_of
from tests.flows.late_desk import LateTill, give_back, late_page, shown
from tests.flows.transfer_desk import tasks
from tests.refunding import contest_newest_charge
from tests.signing import csrf_token, sign_in
from tests.stories import an_order, stock_the_shop

WHOLE, WHOLE_CENTS = "536,80 €", 53_680
LARGE, LARGE_CENTS = "2.440,00 €", 244_000


def told_about(tx: Transact, kind: str) -> list[Event]:
    with tx() as session:
        return list(session.scalars(select(Event).where(Event.type == kind).order_by(Event.id)))


def test_money_of_an_expired_order_goes_back_to_its_card_from_its_task(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run, people: list[User], letters: MemoryMailer
) -> None:
    order = late.expired()
    assert tasks(tx) == ["late_money"]
    task = visit(desk, "/desk/compiti").follow("Denaro su un ordine chiuso")
    before = shown(task.follow("Restituisci alla carta"))
    payment = late.charge()["payment_intent"]
    for said in (
        f"Stripe rimanda {WHOLE} alla carta usata",
        str(payment),
        f"Sull’ordine non aspettano più {WHOLE}.",
        "L’ordine resta chiuso",
        "Non si torna indietro.",
    ):
        assert said in before.text
    assert late.refunds() == []
    done = before.press(f"Restituisci {WHOLE} alla carta")
    assert "Rimborso registrato." in done.text
    assert "In corso" in done.text
    run_jobs()
    assert (late.refunds(), late.charge()["amount_refunded"]) == ([WHOLE_CENTS], WHOLE_CENTS)
    assert (late.state(order), tasks(tx)) == ("EXPIRED", ["credit_note"])
    after = late_page(desk, order.number)
    assert "Rimborsato" in after.text
    assert "Non resta nulla da restituire." in after.text
    assert str(letters.messages[-1]["Subject"]) == f"Rimborso registrato · {order.number}"
    assert "l’ordine resta chiuso" in text_of(letters.messages[-1])
    assert "coupon" not in text_of(letters.messages[-1])
    (asked,) = told_about(tx, "refund.requested")
    assert (asked.actor_user_id, asked.data["amount_cents"]) == (people[0].id, WHOLE_CENTS)


def test_money_that_became_store_credit_goes_back_and_the_credit_is_gone_at_once(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run, letters: MemoryMailer
) -> None:
    order = late.requoted()
    before = shown(late_page(desk, order.number))
    assert f"Il credito residuo del cliente scende subito di {WHOLE}" in before.text
    before.press(f"Restituisci {WHOLE} alla carta")
    assert (late.credit(order), late.refunds()) == (0, [])
    run_jobs()
    assert (late.credit(order), late.refunds()) == (0, [WHOLE_CENTS])
    assert tasks(tx) == ["credit_note"]
    assert f"Questi {WHOLE} erano diventati credito residuo" in " ".join(text_of(letters.messages[-1]).split())


def test_a_part_goes_back_and_the_rest_stays_where_it_was(desk: FlaskClient, late: LateTill, run_jobs: Run) -> None:
    order = late.requoted()
    before = shown(late_page(desk, order.number), "36,80")
    assert "Di questo pagamento restano qui 500,00 €" in before.text
    before.press("Restituisci 36,80 € alla carta")
    run_jobs()
    assert (late.credit(order), late.refunds()) == (50_000, [3_680])
    give_back(late_page(desk, order.number), "500,00 €")
    run_jobs()
    assert (late.credit(order), late.refunds()) == (0, [3_680, 50_000])


@pytest.mark.parametrize("amount", ["", "36,80"], ids=["all", "a part"])
def test_a_button_that_is_pressed_twice_gives_back_once(
    desk: FlaskClient, late: LateTill, run_jobs: Run, amount: str
) -> None:
    order = late.requoted()
    before = shown(late_page(desk, order.number), amount)
    button = f"Restituisci {amount or '536,80'} € alla carta"
    before.press(button)
    again = before.press(button)
    assert again.status == 422
    run_jobs()
    assert len(late.refunds()) == 1
    assert late.credit(order) == WHOLE_CENTS - late.refunds()[0]


def test_two_people_who_saw_the_same_give_back_once(
    app: Flask, desk: FlaskClient, late: LateTill, people: list[User], run_jobs: Run
) -> None:
    order = late.expired()
    other = app.test_client()
    sign_in(other, people[1])
    seen = [shown(late_page(browser, order.number)) for browser in (desk, other)]
    pressed = [page.press(f"Restituisci {WHOLE} alla carta") for page in seen]
    run_jobs()
    assert [page.status for page in pressed] == [200, 422]
    assert "Non resta nulla da restituire." in pressed[1].text
    assert (late.refunds(), late.requests()) == ([WHOLE_CENTS], [("DONE", WHOLE_CENTS)])


def test_a_large_sum_waits_for_a_second_person_who_sees_the_same(
    desk: FlaskClient, late: LateTill, tx: Transact, people: list[User], run_jobs: Run
) -> None:
    order = late.requoted("LITE-50")
    asked = give_back(late_page(desk, order.number), LARGE)
    assert "la approva una seconda persona" in asked.text
    assert late.credit(order) == LARGE_CENTS
    once_more = give_back(late_page(desk, order.number), LARGE)
    assert (once_more.status, "aspetta già la seconda persona" in once_more.text) == (409, True)
    own = asked.follow("Apri")
    assert "L’hai chiesto tu." in own.text
    assert desk.post(f"{own.path}/approva", data={"csrf_token": csrf_token(desk)}).status_code == 403
    run_jobs()
    assert late.requests() == []
    sign_in(desk, people[1])
    second = visit(desk, own.path)
    assert f"Il credito residuo del cliente scende subito di {LARGE}" in second.text
    second.press(f"Approva {LARGE}")
    run_jobs()
    assert (late.credit(order), late.refunds()) == (0, [LARGE_CENTS])
    decided = told_about(tx, "finance.refund_approved")
    assert [one.actor_user_id for one in decided] == [people[1].id]


def test_a_refusal_of_stripe_gives_the_credit_again_and_asks_finance(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run
) -> None:
    order = late.requoted()
    give_back(late_page(desk, order.number), WHOLE)
    with tx() as session:
        request_id = session.scalars(select(RefundRequest.id)).one()
    late.gateway.failing.add(f"refund-{request_id}")
    run_jobs()
    assert (late.credit(order), late.refunds()) == (WHOLE_CENTS, [])
    assert late.requests() == [("REFUSED", WHOLE_CENTS)]
    assert tasks(tx) == ["refund_failed"]


def test_what_the_dashboard_gave_back_first_does_not_come_back_as_credit(
    desk: FlaskClient, late: LateTill, tx: Transact, run_jobs: Run, app: Flask
) -> None:
    """Stripe's letter about it has not come when the desk asks: the refusal makes us look."""
    order = late.requoted()
    before = shown(late_page(desk, order.number))
    before.press(f"Restituisci {WHOLE} alla carta")
    charge = late.charge()
    charge["amount_refunded"] = WHOLE_CENTS
    refund = {"id": "re_board", "object": "refund", "charge": charge["id"], "amount": WHOLE_CENTS}
    refund |= {"status": "succeeded", "metadata": {}, "payment_intent": charge["payment_intent"]}
    late.gateway.objects["re_board"] = refund
    run_jobs()
    assert (late.credit(order), late.requests()) == (0, [("REFUSED", WHOLE_CENTS)])
    with app.app_context():
        look_and_reconcile(late.gateway, "refund", "re_board")
    assert (late.credit(order), late.refunds()) == (0, [WHOLE_CENTS])
    assert "return_claim" not in tasks(tx)


def test_while_stripe_is_silent_the_credit_is_held_and_the_round_finishes_it_once(
    desk: FlaskClient, late: LateTill, run_jobs: Run, app: Flask
) -> None:
    order = late.requoted()
    give_back(late_page(desk, order.number), WHOLE)
    late.gateway.down = True
    run_jobs()
    assert (late.credit(order), late.requests()) == (0, [("ASKED", WHOLE_CENTS)])
    late.gateway.down = False
    for _ in range(2):
        with app.app_context():
            settle_pending(late.gateway)
    run_jobs()
    assert (late.credit(order), late.refunds()) == (0, [WHOLE_CENTS])
    assert late.requests() == [("DONE", WHOLE_CENTS)]


def test_nothing_changes_when_stripe_does_not_answer_the_desk(desk: FlaskClient, late: LateTill) -> None:
    order = late.requoted()
    before = shown(late_page(desk, order.number))
    late.gateway.down = True
    said = before.press(f"Restituisci {WHOLE} alla carta")
    assert "Stripe non risponde: non è cambiato nulla." in said.text
    assert (late.credit(order), late.requests()) == (WHOLE_CENTS, [])


@pytest.mark.parametrize("status", ["needs_response", "lost"])
def test_what_a_bank_asks_for_or_took_is_not_given_back(
    desk: FlaskClient, late: LateTill, app: Flask, status: str
) -> None:
    order = late.requoted()
    before = shown(late_page(desk, order.number))
    with app.app_context():
        learn_charges(order.id, late.gateway)
        contest_newest_charge(late.gateway, status)
    refused = before.press(f"Restituisci {WHOLE} alla carta")
    assert refused.status == 422
    said = "C’è una contestazione aperta." if status == "needs_response" else "Non resta nulla da restituire."
    assert said in refused.text
    assert not refused.has_button("Mostra che cosa succede")
    assert (late.requests(), late.credit(order)) == ([], 0)


def test_a_dispute_after_the_money_went_back_takes_nothing_more(
    desk: FlaskClient, late: LateTill, tx: Transact, app: Flask, run_jobs: Run
) -> None:
    order = late.requoted()
    give_back(late_page(desk, order.number), "36,80 €", "36,80")
    run_jobs()
    for status in ("needs_response", "lost", "won"):
        with app.app_context():
            contest_newest_charge(late.gateway, status)
        assert late.credit(order) == (50_000 if status == "won" else 0), status
        assert "return_claim" not in tasks(tx), status
    give_back(late_page(desk, order.number), "500,00 €")
    run_jobs()
    assert (late.credit(order), late.refunds()) == (0, [3_680, 50_000])


def test_an_order_that_is_not_closed_has_no_late_money(desk: FlaskClient, late: LateTill, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session), "LITE-1")
    assert "Restituisci alla carta" not in visit(desk, f"/ordini/{order.number}").text
    page = visit(desk, f"/desk/rimborsi/{order.number}/carta")
    assert "Qui non c’è nulla da restituire." in page.text
    sent = desk.post(page.path, data={"csrf_token": csrf_token(desk), "visto": "100"})
    assert (sent.status_code, late.requests()) == (422, [])
