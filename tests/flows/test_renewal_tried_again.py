"""An automatic renewal that cannot be made on its day: tried again, or written about (F004-22)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from foundation import clock
from pricing import add_months
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.orders.order_book import OrderLine
from tests.addons import until
from tests.browsing import visit
from tests.flows.renewal_payer import TICKS, Payer
from tests.flows.service_shop import BASE, DOCUMENTS, RECEIVE, SEAT, WOO
from tests.stories import DEMO_CATALOGUE

NOT_RENEWED = "Il rinnovo automatico non è riuscito"


def _everything(payer: Payer, method: str = "stripe") -> dict[str, object]:
    """An order of the payer that renews all of it, not paid yet."""
    now = payer.shop.running()
    return payer.shop.order(*[payer.shop.line(sku, one.quantity, one) for sku, one in now.items()], method=method)


def _sells_no_more(payer: Payer, *skus: str) -> None:
    """From today on there is another catalogue."""
    first, *products = re.split(r"(?m)^(?=\[\[product\]\])", DEMO_CATALOGUE.read_text())
    kept = [one for one in products if not any(f'sku = "{sku}"' in one for sku in skus)]
    for sku in skus:
        # What was for a product that is gone is for another now, named once.
        kept = [one.replace(f'"{sku}", ', "").replace(f'"{sku}"', f'"{RECEIVE}"') for one in kept]
    dated = re.sub(r"valid_from = [^\n]+", f"valid_from = {clock.today().isoformat()}", first, count=1)
    checked = check_catalogue("".join((dated, *kept)))
    assert checked.catalogue is not None, checked.mistakes
    with payer.shop.tx() as session:
        import_catalogue(session, checked.catalogue)


def test_an_order_to_renew_that_is_never_paid_does_not_stop_the_renewal(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(12)
    abandoned = _everything(payer)
    payer.go_to(7)
    assert (payer.attempts(), payer.intents()) == ([], [])
    assert "Se si chiude senza essere pagato" in payer.services()
    payer.go_to(5)
    payer.go_to(4)
    assert payer.shop.state(abandoned) == "EXPIRED"
    (attempt,) = payer.attempts()
    assert (attempt.reason, payer.order().state, len(payer.intents())) == (None, "FULFILLED", 1)
    assert payer.shop.ends()[BASE] == add_months(payer.ends_on, 12)
    payer.go_to(1)
    assert (len(payer.attempts()), len(payer.intents()), payer.mails(NOT_RENEWED)) == (1, 1, 0)


def test_an_order_to_renew_that_waits_to_the_last_morning_is_written_about(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(8)
    _everything(payer, "bank_transfer")
    for day in (7, 2, 1):
        payer.go_to(day)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("ORDER_EXISTS", None, [])
    assert "C’è già un ordine che rinnova questi servizi" in payer.mail(NOT_RENEWED)
    payer.go_to(0)
    assert payer.mails(NOT_RENEWED) == 1


def test_what_an_order_renewed_is_left_out_of_the_next_try(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(8)
    waiting = payer.shop.order(payer.shop.line(SEAT, 2, payer.shop.running()[SEAT]), method="bank_transfer")
    payer.go_to(7)
    assert payer.attempts() == []
    payer.shop.transfer_arrives(waiting["number"], waiting["gross_cents"])
    payer.go_to(5)
    assert payer.shop.state(waiting) == "FULFILLED"
    payer.go_to(4)
    order = payer.order()
    with payer.shop.tx() as session:
        renewed = set(session.scalars(select(OrderLine.sku).where(OrderLine.order_id == order.id)))
    assert (renewed, order.state) == ({BASE, DOCUMENTS}, "FULFILLED")


def test_agreed_to_after_the_day_it_counts_from_the_next_end_on_whatever_is_tried_again(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(12)
    _everything(payer)
    payer.go_to(7)
    visit(payer.browser, payer.address).press("Disattiva")
    assert "vale dalla scadenza successiva" in visit(payer.browser, payer.address).text
    visit(payer.browser, payer.address).press("Attiva", TICKS)
    assert "È attivo dalla scadenza successiva" in payer.services()
    payer.go_to(4)
    payer.go_to(1)
    assert (payer.attempts(), payer.intents()) == ([], [])


def test_a_base_that_is_sold_no_more_is_written_about(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(25)
    _sells_no_more(payer, BASE)
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("NOT_SOLD", None, [])
    assert "non è più in vendita" in payer.mail(NOT_RENEWED)


def test_a_module_that_is_sold_no_more_is_named_before_the_rest_is_renewed(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(40)
    _sells_no_more(payer, DOCUMENTS, WOO)
    payer.go_to(31)
    letter, page = payer.mail("Servizi in scadenza"), visit(payer.browser, payer.address).text
    for text in (letter, page):
        assert "Non si rinnovano da soli, e finiscono il loro ultimo giorno: Documenti." in text
    assert "Che cosa si rinnova: Fatturazione Elettronica, Utente aggiuntivo × 2." in letter
    payer.go_to(7)
    assert payer.order().state == "FULFILLED"
    assert payer.shop.ends()[DOCUMENTS] == payer.ends_on


@pytest.mark.parametrize("back", [-1, -20])
def test_a_worker_that_comes_back_after_the_end_writes_that_it_is_too_late(payer: Payer, back: int) -> None:
    payer.turn_on()
    payer.go_to(9)
    payer.advance(until(payer.ends_on - timedelta(days=back)))
    payer.shop.jobs()
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("TOO_LATE", None, [])
    assert "Non siamo riusciti ad addebitare in tempo" in payer.mail(NOT_RENEWED)
