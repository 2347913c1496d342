"""An automatic renewal that charges nothing: why, what its payer is told and does next (F004-22)."""

import pytest
from sqlalchemy import text

from foundation.principal import Principal
from pricing import add_months
from shop.accounts.seat_people import invite_to_seat
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from tests.browsing import visit
from tests.flows.renewal_payer import Payer
from tests.flows.service_shop import BASE, SEAT
from tests.flows.test_buy_by_card import letter_arrives
from tests.stories import DEMO_CATALOGUE


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("card_declined", "DECLINED", "L’addebito sulla carta è stato rifiutato."),
        ("authentication_required", "AUTHENTICATION", "La banca vuole che confermi tu"),
        ("expired_card", "CARD_EXPIRED", "La carta è scaduta."),
    ],
)
def test_a_bank_that_says_no_charges_nothing_and_leaves_an_order_to_be_paid_with_one_press(
    payer: Payer, code: str, reason: str, words: str
) -> None:
    payer.turn_on(refusing=code)
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.charged_at) == (reason, None)
    order = payer.order()
    assert order.state == "AWAITING_PAYMENT"
    letter = payer.mail("Il rinnovo automatico non è riuscito")
    assert words in letter
    assert f"/ordini/{order.number}" in letter
    assert words in payer.services()
    payer.shop.jobs()
    assert payer.mails("Il rinnovo automatico non è riuscito") == 1

    page = visit(payer.browser, f"/ordini/{order.number}").press("Riprova a pagare").response.headers["Location"]
    page_id = page.rsplit("/", 1)[-1]
    payer.gateway.pay(page_id)
    letter_arrives(payer.shop.client, "checkout.session.completed", payer.gateway.objects[page_id])
    payer.shop.jobs()
    assert payer.shop.ends()[BASE] == add_months(payer.ends_on, 12)
    assert payer.payments() == 1


def test_agreed_to_without_a_card_the_payer_is_written_to_and_nothing_is_ordered(payer: Payer) -> None:
    payer.agree()
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id) == ("NO_CARD", None)
    assert "Non c’era nessuna carta salvata." in payer.mail("Il rinnovo automatico non è riuscito")


def test_what_is_renewed_or_ordered_by_hand_is_not_renewed_again(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(10)
    now = payer.shop.running()
    renewal = [payer.shop.line(sku, one.quantity, one) for sku, one in now.items()]
    waiting = payer.shop.order(*renewal, method="bank_transfer")
    payer.go_to(7)
    assert (payer.attempts(), payer.intents()) == ([], [])
    payer.shop.transfer_arrives(waiting["number"], waiting["gross_cents"])
    payer.go_to(5)
    assert payer.shop.ends()[BASE] == add_months(payer.ends_on, 12)
    payer.go_to(1)
    assert (payer.attempts(), payer.mails("Il rinnovo automatico non è riuscito")) == ([], 0)


def test_a_price_above_the_announced_one_is_not_charged_but_written_about(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(31)
    assert "78,93 €" in payer.mail("Servizi in scadenza")
    with payer.shop.tx() as session:
        dearer = DEMO_CATALOGUE.read_text().replace('net = "29.90"', 'net = "31.90"')
        checked = check_catalogue(dearer)
        assert checked.catalogue is not None, checked.mistakes
        import_catalogue(session, checked.catalogue)
    payer.go_to(8)
    assert "questa volta non addebita nulla" in payer.mail("Servizi in scadenza")
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("PRICE_ROSE", None, [])
    assert "Il prezzo è salito" in payer.mail("Il rinnovo automatico non è riuscito")


def test_a_catalogue_that_sells_no_more_seats_while_people_sit_has_the_payer_written_to(payer: Payer) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        by = Principal(None, payer.shop.company_id, "company_owner")
        invite_to_seat(session, payer.shop.company_id, "persona@example.it", {"sent": "read"}, by)
        first, *products = DEMO_CATALOGUE.read_text().split("[[product]]")
        kept = [one for one in products if f'sku = "{SEAT}"' not in one]
        assert len(kept) == len(products) - 1
        checked = check_catalogue("[[product]]".join((first, *kept)))
        assert checked.catalogue is not None, checked.mistakes
        import_catalogue(session, checked.catalogue)
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("NOT_ORDERABLE", None, [])
    letter = payer.mail("Il rinnovo automatico non è riuscito")
    assert "Qualcosa impedisce di rinnovare tutto insieme" in letter
    assert f"/aziende/{payer.shop.company_id}/servizi" in letter


@pytest.mark.parametrize(
    ("reason", "change", "words"),
    [
        ("BILLING", "UPDATE parties SET sdi_code = NULL, pec = NULL", "Mancano dei dati di fatturazione"),
        ("TERMS_CHANGED", "UPDATE renewal_mandates SET terms_version = '2020-01'", "Le condizioni generali sono"),
    ],
)
def test_what_changed_since_it_was_agreed_to_is_written_about_and_not_charged(
    payer: Payer, reason: str, change: str, words: str
) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        session.execute(text(change))
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == (reason, None, [])
    assert words in payer.mail("Il rinnovo automatico non è riuscito")
