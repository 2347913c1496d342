"""Turning the automatic renewal off: in one press, with the card, or because somebody else pays (F004-22)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from entitlements import Cause, set_payer
from foundation.ids import new_id
from foundation.jobs import RetryLater, run_due
from shop.renewals.charging import _commit_intent, charge_renewal
from shop.renewals.mandates import RenewalMandate
from shop.renewals.saved_cards import SavedCard, card_of
from tests.addons import until
from tests.browsing import visit
from tests.factories import a_user
from tests.flows.renewal_payer import Payer
from tests.signing import sign_in


def test_switched_off_in_one_press_nothing_is_charged_and_the_letters_go_on(payer: Payer) -> None:
    payer.turn_on()
    services = visit(payer.browser, f"/aziende/{payer.shop.company_id}/servizi")
    assert "Rinnovo automatico disattivato." in services.press("Disattiva").text
    payer.go_to(7)
    payer.go_to(2)
    assert payer.attempts() == []
    assert payer.mails("Servizi in scadenza") == 2
    assert "si rinnova da solo" not in payer.mail("Servizi in scadenza")
    with payer.shop.tx() as session:
        assert session.scalars(select(RenewalMandate.end_reason)).all() == ["SWITCHED_OFF"]


def test_switched_off_after_the_order_was_placed_it_is_cancelled_and_nothing_is_charged(payer: Payer) -> None:
    payer.turn_on()
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
    visit(payer.browser, payer.address).press("Disattiva")
    payer.shop.jobs()
    assert (payer.order().state, payer.attempts()[0].reason) == ("CANCELLED", "SWITCHED_OFF")
    assert payer.intents() == []


def _the_gateway_is_silent_on_the_day(payer: Payer) -> None:
    """The order is placed and what is to be charged is kept; nobody knows whether the gateway heard of it."""
    payer.gateway.down = True
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        with pytest.raises(RetryLater):
            charge_renewal(payer.attempts()[0].id, payer.gateway)


def test_switched_off_while_the_gateway_is_silent_nothing_is_charged_once_it_answers(payer: Payer) -> None:
    payer.turn_on()
    _the_gateway_is_silent_on_the_day(payer)
    assert "Rinnovo automatico disattivato." in visit(payer.browser, payer.address).press("Disattiva").text
    payer.gateway.down = False
    payer.shop.jobs()
    assert payer.intents() == []
    assert (payer.order().state, payer.attempts()[0].reason) == ("CANCELLED", "SWITCHED_OFF")


def test_what_was_charged_before_it_was_switched_off_is_not_forgotten(payer: Payer) -> None:
    """The gateway charged and its answer was lost: the money is found, and the order follows it."""
    payer.turn_on()
    payer.gateway.down = True
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        call = _commit_intent(payer.attempts()[0].id)
        assert call is not None
        payer.gateway.down = False
        payer.gateway.charge_saved_card(call.key, call.parameters)
    visit(payer.browser, payer.address).press("Disattiva")
    payer.shop.jobs()
    assert (payer.order().state, payer.payments(), len(payer.intents())) == ("FULFILLED", 1, 1)


def test_an_order_that_expired_while_the_gateway_was_silent_is_not_charged_any_more(payer: Payer) -> None:
    payer.turn_on()
    _the_gateway_is_silent_on_the_day(payer)
    payer.advance(timedelta(days=8))
    with payer.shop.client.application.app_context():
        run_due()
    assert payer.order().state == "EXPIRED"
    payer.gateway.down = False
    payer.shop.jobs()
    assert (payer.intents(), payer.attempts()[0].reason) == ([], "TOO_LATE")
    letter = payer.mail("Il rinnovo automatico non è riuscito")
    assert "Non siamo riusciti ad addebitare in tempo" in letter
    assert payer.order().number not in letter, "it waits for nobody"


def test_without_the_card_nothing_renews_and_the_gateway_forgets_it(payer: Payer) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        card_id = session.scalars(select(SavedCard.payment_method_id)).one()
    gone = visit(payer.browser, payer.address).press("Togli la carta")
    assert "nessun rinnovo verrà addebitato" in gone.text
    payer.shop.jobs()
    assert payer.gateway.objects[card_id]["customer"] is None
    with payer.shop.tx() as session:
        card = session.scalars(select(SavedCard)).one()
        assert session.scalars(select(RenewalMandate.end_reason)).all() == ["CARD_REMOVED"]
    assert (card.brand, card.last4, card.exp_month) == (None, None, None)
    page_id = next(one["id"] for one in payer.gateway.objects.values() if one.get("mode") == "setup")
    payer.type_card(page_id)
    with payer.shop.tx() as session:
        assert card_of(session, payer.shop.studio_id) is None, "a late letter brings no card back"
    payer.go_to(7)
    assert payer.attempts() == []


def test_whoever_pays_no_longer_is_not_charged(payer: Payer) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        owner = a_user(session, payer.shop.company_id, "owner")
        set_payer(session, payer.shop.company_id, payer.shop.company_id, "COMPANY", Cause("correction", new_id()))
    assert visit(payer.browser, payer.address).status == 404
    company = payer.shop.client.application.test_client()
    sign_in(company, owner)
    assert "È disattivato" in visit(company, "/servizi").text
    payer.go_to(7)
    assert payer.attempts() == []
    with payer.shop.tx() as session:
        assert session.scalars(select(RenewalMandate.end_reason)).all() == ["PAYER_CHANGED"]
