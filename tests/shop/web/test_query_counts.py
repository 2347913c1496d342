"""How many statements each page of buying needs, pinned: it does not grow with what the page shows."""

from flask import Flask
from flask.testing import FlaskClient

from entitlements import Company
from foundation import clock
from pricing import add_months
from shop.carts import add_to_cart, open_cart
from shop.catalogue import current_price_book
from tests.addons import add_services
from tests.api.caller import CLAUSES, caller
from tests.conftest import Transact
from tests.entitlements.scenes import a_scene, an_activation
from tests.factories import a_studio, a_user
from tests.races.numbers import company_fields
from tests.running import BASE, DOCUMENTS, bought
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
    assert counts[0] == {"catalogo1": 6, "carrello1": 8, "cassa1": 8, "ordini2": 9, "ordini1": 5}


def test_services_for_many_companies_ask_as_often_as_for_one(app: Flask, client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        scene = a_scene(session, quantity=6)
        companies = [an_activation(session, scene, number, **company_fields(number)) for number in range(6)]
        for company_id in companies:
            today = clock.today()
            bought(session, session.get_one(Company, company_id), BASE, today, add_months(today, 6))
    api = caller(app.test_client(), "studio", scene.studio.id)
    lines = [{"sku": DOCUMENTS.sku, "quantity": 1, "for_company": str(one)} for one in companies]
    counts = []
    for many in (1, 6):
        with tx() as session:
            for company_id in companies[:many]:
                add_services(session, scene.owner, company_id, DOCUMENTS.sku)
        sign_in(client, scene.owner)
        pages = {path: asked_by(app, client, path) for path in ("/carrello", "/cassa")}
        with statements(app) as quoted:
            answer = api.post("/quotes", {"lines": lines[:many]})
            assert len(answer.get_json()["extensions"]) == many
        order = {"lines": lines[:many], "payment_method": "bank_transfer", "accepted_clauses": CLAUSES}
        with statements(app) as ordered:
            assert api.post("/orders", order).status_code == 201
        counts.append(pages | {"quote": len(quoted), "order": len(ordered)})
    assert counts[0] == counts[1]
    assert counts[0] == {"/carrello": 15, "/cassa": 15, "quote": 15, "order": 39}
