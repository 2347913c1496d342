"""A payer lets a company's services renew by themselves by card: charged once, seven days before the end (F004-22)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from foundation.database import transaction
from foundation.jobs import RetryLater, run_due
from pricing import add_months
from shop import RefundWish
from shop.orders.order_book import OrderLine, TermsAcceptance
from shop.orders.placing import CLAUSES
from shop.renewals.automatic_orders import renew_by_itself
from shop.renewals.charging import _commit_intent, charge_renewal
from shop.renewals.mandate_text import VERSION, text_fingerprint
from shop.renewals.mandates import RenewalMandate
from shop.renewals.saved_cards import SavedCard
from tests.addons import until
from tests.banking import FINANCE
from tests.browsing import visit
from tests.flows.renewal_payer import GROSS, Payer
from tests.flows.service_shop import BASE, DOCUMENTS, SEAT
from tests.flows.test_buy_by_card import letter_arrives
from tests.refunding import request_refund


def test_agreed_to_once_with_a_saved_card_everything_renews_by_itself_seven_days_before_the_end(payer: Payer) -> None:
    assert "ti scriviamo 30, 7 e 1 giorno prima" in payer.services()
    secure_page = payer.agree()
    with payer.shop.tx() as session:
        mandate = session.scalars(select(RenewalMandate)).one()
    assert (mandate.text_version, mandate.text_sha256) == (VERSION, text_fingerprint())
    assert (mandate.shown_gross_cents, mandate.shown_ends_on) == (GROSS, payer.ends_on)
    assert "Manca solo la carta" in payer.services()
    payer.shop.jobs()
    assert "Posso disattivarlo o togliere la carta quando voglio" in payer.mail("Rinnovo automatico attivo")

    payer.type_card(secure_page.rsplit("/", 1)[-1])
    with payer.shop.tx() as session:
        card = session.scalars(select(SavedCard)).one()
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("visa", "4242", 11, 2029)
    assert "con la carta Visa che finisce con 4242: 78,93 €, IVA inclusa" in payer.services()

    payer.go_to(31)
    letter = payer.mail("Servizi in scadenza")
    assert "si rinnova da solo il" in letter
    assert "Visa che finisce con 4242, 78,93 €" in letter
    payer.go_to(8)
    assert payer.attempts() == []
    payer.go_to(7)
    payer.tell_of_the_charge()

    (attempt,) = payer.attempts()
    assert attempt.charged_at is not None
    order = payer.order()
    assert (order.state, order.gross_cents, order.buyer_party_id) == ("FULFILLED", GROSS, payer.shop.studio_id)
    (intent,) = payer.intents()
    assert (intent["amount"], intent["payment_method"]) == (GROSS, card.payment_method_id)
    assert payer.shop.ends() == dict.fromkeys((BASE, DOCUMENTS, SEAT), add_months(payer.ends_on, 12))
    with payer.shop.tx() as session:
        lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        clauses = session.scalars(select(TermsAcceptance.clause).where(TermsAcceptance.order_id == order.id)).all()
    assert {line.term["action"] for line in lines if line.term} == {"RENEW"}
    assert set(clauses) == set(CLAUSES)
    assert payer.payments() == 1
    told = [one for one in payer.shop.subjects() if order.number in one]
    assert told == [f"Pagamento registrato · {order.number}", f"Ordine evaso · {order.number}"]
    payer.go_to(1)
    assert payer.mails("Servizi in scadenza") == 2, "thirty and seven days before; what is renewed ends no more"


def test_a_due_row_and_a_job_done_twice_charge_once(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(7)
    (attempt,) = payer.attempts()
    for _ in range(2):
        with payer.shop.client.application.app_context():
            with transaction() as session:
                assert renew_by_itself(session, payer.shop.company_id, payer.ends_on) is None
            charge_renewal(attempt.id, payer.gateway)
    payer.tell_of_the_charge()
    assert (len(payer.intents()), payer.payments(), len(payer.attempts())) == (1, 1, 1)


def test_a_silent_gateway_is_asked_again_and_charges_once(payer: Payer) -> None:
    payer.turn_on()
    payer.gateway.down = True
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        (attempt,) = payer.attempts()
        with pytest.raises(RetryLater):
            charge_renewal(attempt.id, payer.gateway)
    (attempt,) = payer.attempts()
    assert attempt.is_under_way
    number = payer.order().number
    paying = visit(payer.browser, f"/ordini/{number}")
    payer.gateway.down = False
    assert "ora non si può pagare con carta" in paying.press("Riprova a pagare").text, "the saved card is being asked"
    payer.shop.jobs()
    assert (payer.order().state, payer.payments()) == ("FULFILLED", 1)


def test_money_whose_letter_comes_before_the_answer_is_recorded_once(payer: Payer) -> None:
    """The process died between the charge and its note: the letter brings the money, the job done again the note."""
    payer.turn_on()
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        (attempt,) = payer.attempts()
        call = _commit_intent(attempt.id)
        assert call is not None
        payer.gateway.charge_saved_card(call.key, call.parameters)
        letter_arrives(payer.shop.client, "payment_intent.succeeded", payer.intents()[0])
        payer.shop.jobs()
    assert (payer.order().state, payer.payments(), len(payer.intents())) == ("FULFILLED", 1, 1)
    assert payer.attempts()[0].charged_at is not None


def test_renewed_by_hand_before_the_day_it_renews_by_itself_at_the_next_end(payer: Payer) -> None:
    payer.turn_on()
    now = payer.shop.running()
    payer.shop.buy(*[payer.shop.line(sku, one.quantity, one) for sku, one in now.items()])
    payer.go_to(7)
    assert payer.attempts() == []
    payer.ends_on = payer.shop.ends()[BASE]
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert attempt.ends_on == payer.ends_on
    assert payer.order().state == "FULFILLED"


def test_an_automatic_renewal_is_given_back_to_the_card_it_came_from(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(7)
    with payer.shop.client.application.app_context():
        request_refund(payer.order().id, RefundWish(everything=True), FINANCE, payer.gateway)
    (intent,) = payer.intents()
    assert payer.gateway.objects[intent["latest_charge"]]["amount_refunded"] == GROSS


def test_a_gateway_that_failed_inside_is_looked_into_before_the_charge_is_given_up(payer: Payer) -> None:
    """Its answer stays under the key for a day, so asking again would tell nothing."""
    payer.turn_on()
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        payer.gateway.failing.add(f"order-{payer.order().id}-renewal")
        charge_renewal(payer.attempts()[0].id, payer.gateway)
    assert (payer.attempts()[0].reason, payer.intents()) == ("DECLINED", [])
    assert payer.order().state == "AWAITING_PAYMENT"


def test_money_that_is_still_on_its_way_is_waited_for(payer: Payer) -> None:
    payer.turn_on()
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        (attempt,) = payer.attempts()
        call = _commit_intent(attempt.id)
        assert call is not None
        intent = payer.gateway.charge_saved_card(call.key, call.parameters)
        intent["status"] = "processing"
        with pytest.raises(RetryLater):
            charge_renewal(attempt.id, payer.gateway)
        assert payer.attempts()[0].is_under_way
        intent["status"] = "succeeded"
    payer.shop.jobs()
    assert (payer.order().state, payer.payments(), len(payer.intents())) == ("FULFILLED", 1, 1)
