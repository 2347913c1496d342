"""Finance gives money back (D10): what that does is shown before the click, and only that is done, once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements.licences import Licence
from foundation.events import events_about
from foundation.ids import new_id
from foundation.mail import MemoryMailer
from shop.orders.order_book import OrderLine
from shop.payments.refund_plans import LineLeft, Refundable, RefundWish
from shop.transfers import store_credit_of
from shop.web.finance.refund_words import effects_of, left_said
from tests.banking import Run
from tests.browsing import visit
from tests.conftest import Transact
from tests.flows.refund_desk import Till, activate_one, refund_page, requests, shown
from tests.flows.transfer_desk import tasks


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
    assert "Quanto è già usato non si rimborsa e resta com’è: 1 coupon." in preview.text
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


@pytest.mark.parametrize("way", ["card", "bank", "store_credit"])
def test_an_amount_sent_again_or_pressed_in_a_second_tab_goes_back_once(
    desk: FlaskClient, till: Till, tx: Transact, pass_time: Callable[[timedelta], None], way: str
) -> None:
    order = till.by_card("LITE-1", 3) if way == "card" else till.by_transfer("LITE-1", 3)
    pass_time(timedelta(hours=13))
    tabs = [shown(refund_page(desk, order), "importo", importo="50,00", come=way) for _ in range(2)]
    tabs[0].press("Rimborsa 50,00 €")
    for again in tabs:
        refused = again.press("Rimborsa 50,00 €")
        assert refused.status == 422
        assert "Nel frattempo qualcosa è cambiato" in refused.text
    pass_time(timedelta(minutes=1))
    assert [(one.amount_cents, one.state) for one in requests(tx)] == [(5_000, "DONE")]
    shown(refund_page(desk, order), "importo", importo="50,00", come=way).press("Rimborsa 50,00 €")
    assert [one.amount_cents for one in requests(tx)] == [5_000, 5_000]


def test_when_stripe_is_silent_nothing_is_promised(desk: FlaskClient, till: Till, tx: Transact) -> None:
    order = till.by_card("LITE-1")
    till.gateway.down = True
    answer = shown(refund_page(desk, order), "tutto").press("Rimborsa 59,78 €")
    assert "Stripe non risponde: non è cambiato nulla." in answer.text
    assert requests(tx) == []


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


def test_counted_credits_are_called_credits(app: Flask) -> None:
    line = OrderLine(id=new_id(), names={"it": "Ricarica"}, gives={"kind": "credits"}, term=None)
    with app.test_request_context():
        known = Refundable(1_830, {"card": 1_830}, blocked=False, lines=(LineLeft(line, 20, 1, 1_500, "credits"),))
        effects = effects_of(known, RefundWish(1_500, unused_of_line=line.id), 1_500)
    assert "Non si può più usare: 20 crediti di «Ricarica»." in effects
    assert "Quanto è già usato non si rimborsa e resta com’è: 1 credito." in effects
