"""How many statements each page of buying needs, pinned: it does not grow with what the page shows."""

from flask import Flask
from flask.testing import FlaskClient

from foundation import clock
from shop.carts import add_to_cart, open_cart
from shop.catalogue import current_price_book
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import sign_in
from tests.statements import statements
from tests.stories import a_paid_order, an_order, stock_the_shop

SOME = ("LITE-1", "CREDIT-50")
MANY = (*SOME, "LITE-10", "LITE-50", "ORDINARY-1", "CORPORATE-1", "CREDIT-100", "INVOICES-100", "INVOICES-1000")


def asked_by(app: Flask, client: FlaskClient, path: str) -> int:
    """How many statements a page needs once the process is warm."""
    assert client.get(path).status_code == 200
    with statements(app) as sent:
        assert client.get(path).status_code == 200
    return len(sent)


def test_catalogue_cart_checkout_and_orders_ask_a_fixed_number_of_times(
    app: Flask, client: FlaskClient, tx: Transact
) -> None:
    counts = []
    with tx() as session:
        stock_the_shop(session)
    for skus in (SOME, MANY):
        with tx() as session:
            studio = a_studio(session, vat_number="00743110157", tax_code=f"{len(skus):011d}")
            order = a_paid_order(session, studio)
            for _ in skus:
                an_order(session, studio, "CREDIT-50")
            cart, book = open_cart(session, studio.id, None), current_price_book(session, clock.today())
            for sku in skus:
                add_to_cart(session, cart, book, sku, 2, None)
            user = a_user(session, studio.id)
        sign_in(client, user)
        paths = ("/catalogo", "/carrello", "/cassa", f"/ordini/{order.number}", "/ordini")
        counts.append({path.split("/")[1] + str(path.count("/")): asked_by(app, client, path) for path in paths})
    assert counts[0] == counts[1]
    assert counts[0] == {"catalogo1": 6, "carrello1": 9, "cassa1": 9, "ordini2": 9, "ordini1": 5}
