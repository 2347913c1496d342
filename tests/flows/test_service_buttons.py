"""The buttons of the services page: each does what its row says, and nobody is shown one that would be refused."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from foundation import clock
from pricing import add_months
from shop.carts import CartLine
from tests.addons import until
from tests.browsing import visit
from tests.factories import a_user
from tests.flows.service_shop import BASE, SEAT, Shop
from tests.signing import post, sign_in


def test_somebody_on_a_seat_is_shown_nothing_to_buy(shop: Shop) -> None:
    shop.buy(shop.line(BASE), shop.line(SEAT))
    with shop.tx() as session:
        member = a_user(session, shop.company_id, "member")
    sign_in(shop.client, member)
    page = visit(shop.client, "/servizi")
    assert page.status == 200
    for button in ("Rinnova", "Aggiungi modulo", "Aggiungi utenza", "Aggiungi spazio"):
        assert button not in page.text


def test_a_lot_is_renewed_by_the_button_of_its_own_row(shop: Shop, advance: Callable[[timedelta], None]) -> None:
    shop.buy(shop.line(BASE), shop.line(SEAT, 2))
    first = shop.running()[SEAT]
    advance(until(add_months(clock.today(), 3)))
    shop.buy(shop.line(SEAT, 4), extend_active_services=False)
    with shop.tx() as session:
        owner = a_user(session, shop.studio_id)
    sign_in(shop.client, owner)
    page = visit(shop.client, f"/aziende/{shop.company_id}/servizi")
    assert str(first.licence_id) in page.response.text
    post(shop.client, f"/carrello/aziende/{shop.company_id}/rinnovi", licence=str(first.licence_id))
    with shop.tx() as session:
        lines = session.scalars(select(CartLine).where(CartLine.renews_licence_id.is_not(None))).all()
    assert [(one.renews_licence_id, one.quantity) for one in lines] == [(first.licence_id, 2)]
