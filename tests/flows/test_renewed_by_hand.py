"""What was renewed by hand before the day, or is being renewed, is not charged a second time (F004-22, M28)."""

from sqlalchemy import select

from pricing import add_months
from shop.orders.order_book import OrderLine
from tests.flows.renewal_payer import Payer
from tests.flows.service_shop import BASE, DOCUMENTS, SEAT

WITHOUT_SEATS = 5478
"""29.90 + 15.00, and 22 % of it."""


def _renewed(payer: Payer) -> set[str]:
    """What the automatic order renews."""
    order = payer.order()
    with payer.shop.tx() as session:
        return set(session.scalars(select(OrderLine.sku).where(OrderLine.order_id == order.id)))


def test_seats_that_were_renewed_by_hand_are_not_renewed_a_second_time(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(20)
    payer.shop.buy(payer.shop.line(SEAT, 2, payer.shop.running()[SEAT]))
    assert "54,78 €, IVA inclusa" in payer.services()
    payer.go_to(8)
    letter = payer.mail("Servizi in scadenza")
    assert "54,78 €" in letter
    payer.go_to(7)
    assert (_renewed(payer), payer.order().gross_cents) == ({BASE, DOCUMENTS}, WITHOUT_SEATS)
    assert payer.order().state == "FULFILLED"
    assert payer.shop.ends() == dict.fromkeys((BASE, DOCUMENTS, SEAT), add_months(payer.ends_on, 12))


def test_of_two_lots_the_one_that_was_not_renewed_by_hand_renews_by_itself(payer: Payer) -> None:
    lot = payer.shop.running()[SEAT]
    payer.shop.buy(payer.shop.line(SEAT, 1))
    payer.turn_on()
    payer.go_to(20)
    payer.shop.buy(payer.shop.line(SEAT, 2, lot))
    payer.go_to(7)
    assert _renewed(payer) == {BASE, DOCUMENTS, SEAT}
    assert payer.order().gross_cents == WITHOUT_SEATS + 1208, "9.90, and 22 % of it"


def test_a_lot_that_a_smaller_one_follows_lapses_and_is_not_renewed_by_itself(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(20)
    payer.shop.buy(payer.shop.line(SEAT, 1, payer.shop.running()[SEAT]))
    payer.go_to(7)
    assert (_renewed(payer), payer.order().gross_cents) == ({BASE, DOCUMENTS}, WITHOUT_SEATS)
    payer.go_to(0)
    assert payer.shop.running()[SEAT].quantity == 1


def test_the_letter_says_everything_that_is_charged(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(31)
    listed = "Che cosa si rinnova: Fatturazione Elettronica, Documenti, Utente aggiuntivo × 2."
    assert listed in payer.mail("Servizi in scadenza")
