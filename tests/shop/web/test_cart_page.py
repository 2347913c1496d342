from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party, activate_coupon, stock_of
from foundation.ids import new_id
from shop import User
from shop.carts import Cart, CartLine
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, sign_in
from tests.stories import a_paid_order, company_data, owner_of, stock_the_shop


@pytest.fixture
def owner(tx: Transact) -> User:
    """The owner of a studio in a stocked shop."""
    with tx() as session:
        stock_the_shop(session)
        return a_user(session, a_studio(session).id)


def stored_lines(tx: Transact) -> list[tuple[str, int, UUID | None]]:
    with tx() as session:
        lines = session.scalars(select(CartLine).join(Cart).where(Cart.state == "OPEN").order_by(CartLine.id))
        return [(line.sku, line.quantity, line.for_party_id) for line in lines]


def a_cart_of(client: FlaskClient, sku: str = "LITE-1", quantity: int = 3) -> Page:
    assert post(client, "/carrello/righe", sku=sku, quantity=str(quantity)).status_code == 303
    return visit(client, "/carrello")


def test_an_empty_cart_shows_the_way_to_the_catalogue(client: FlaskClient, owner: User) -> None:
    sign_in(client, owner)
    page = visit(client, "/carrello")
    assert "Il carrello è vuoto" in page.text
    assert page.soup.select_one("main a.btn")["href"] == "/catalogo"  # type: ignore[index]


def test_quantities_change_by_button_and_by_typing_and_zero_removes_with_a_way_back(
    client: FlaskClient, tx: Transact, owner: User
) -> None:
    sign_in(client, owner)
    page = a_cart_of(client)
    assert "179,34 €" in page.part(".g-due")
    page = page.press("Uno in più: Coupon LITE")
    assert "239,12 €" in page.part(".g-due")
    page = page.submit(".s-line form", {"quantity": "10"})
    assert "45,00 € l’uno, IVA esclusa" in page.text
    page = page.submit(".s-line form", {"quantity": "0"})
    assert "Il carrello è vuoto" in page.text
    page = page.press("Rimettila")
    assert stored_lines(tx) == [("LITE-1", 10, None)]
    assert not visit(client, "/carrello").has_button("Rimettila")


def test_a_removed_line_comes_back_as_it_was(client: FlaskClient, tx: Transact, owner: User) -> None:
    sign_in(client, owner)
    a_cart_of(client, "CREDIT-50", 2).press("Rimuovi").press("Rimettila")
    assert stored_lines(tx) == [("CREDIT-50", 2, None)]


@pytest.mark.parametrize("typed", ["-1", "1000000000", "abc", "", "1.5", "٣", "1e3", "99999999999999999999"])
def test_a_quantity_that_is_none_changes_nothing_and_says_what_is_possible(
    client: FlaskClient, tx: Transact, owner: User, typed: str
) -> None:
    sign_in(client, owner)
    page = a_cart_of(client).submit(".s-line form", {"quantity": typed})
    assert "La quantità è un numero intero da 1 a 100.000." in page.text
    assert visit(client, "/catalogo").press("Aggiungi LITE al carrello", {"quantity": typed}).path == "/catalogo"
    assert stored_lines(tx) == [("LITE-1", 3, None)]


def test_of_a_repeated_parameter_the_first_counts(client: FlaskClient, tx: Transact, owner: User) -> None:
    sign_in(client, owner)
    assert post(client, "/carrello/righe", sku=["LITE-1", "CREDIT-50"], quantity=["2", "9"]).status_code == 303
    assert stored_lines(tx) == [("LITE-1", 2, None)]


def test_an_unknown_or_unsold_product_is_not_found(client: FlaskClient, tx: Transact, owner: User) -> None:
    sign_in(client, owner)
    for sku in ("' OR 1=1 --", "\x00", "x" * 5_000):
        assert post(client, "/carrello/righe", sku=sku, quantity="1").status_code == 404
    assert stored_lines(tx) == []


def test_a_line_of_somebody_elses_cart_is_not_found(app: Flask, client: FlaskClient, tx: Transact, owner: User) -> None:
    sign_in(client, owner)
    a_cart_of(client)
    with tx() as session:
        line_id = session.scalars(select(CartLine.id)).one()
        stranger = a_user(session, a_studio(session).id)
    other = app.test_client()
    sign_in(other, stranger)
    for path in (f"/carrello/righe/{line_id}", f"/carrello/righe/{line_id}/rimuovi", f"/carrello/righe/{new_id()}"):
        assert post(other, path, quantity="1").status_code == 404
        assert post(app.test_client(), path, quantity="1").status_code == 404
    assert stored_lines(tx) == [("LITE-1", 3, None)]


def test_a_pack_is_for_the_pool_or_for_one_of_the_studios_own_companies(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        own = a_company_of(session, studio)
        person = a_user(session, studio.id)
        foreign = a_company_of(session, a_studio(session), vat_number="02780790107", tax_code="02780790107")
    sign_in(client, person)
    page = a_cart_of(client, "INVOICES-100", 1)
    assert "Per lo studio (tutte le aziende)" in page.text
    assert "Per Officina Brambilla S.r.l." in page.text
    page = page.submit(".s-line form", {"for_party": str(own)})
    assert stored_lines(tx) == [("INVOICES-100", 1, own)]
    for hostile in (str(foreign), str(studio.id), str(new_id()), "x", "' --"):
        assert post(client, page_action(page), quantity="1", for_party=hostile).status_code == 404
    assert post(client, "/carrello/righe", sku="CREDIT-50", quantity="1", for_party=str(foreign)).status_code == 404
    assert stored_lines(tx) == [("INVOICES-100", 1, own)]
    page.submit(".s-line form", {"for_party": ""})
    assert stored_lines(tx) == [("INVOICES-100", 1, None)]


def test_a_coupon_line_is_for_nobody_in_particular(client: FlaskClient, tx: Transact, owner: User) -> None:
    sign_in(client, owner)
    page = a_cart_of(client)
    assert page.soup.select(".s-line select") == []
    assert post(client, page_action(page), quantity="4", for_party=str(new_id())).status_code == 303
    assert stored_lines(tx) == [("LITE-1", 4, None)]


def test_a_changed_price_is_told_with_both_prices_until_it_was_seen(
    client: FlaskClient, tx: Transact, owner: User
) -> None:
    sign_in(client, owner)
    a_cart_of(client)
    with tx() as session:
        session.scalars(select(CartLine)).one().seen_net_cents = 3_900
    page = visit(client, "/carrello")
    assert "Il prezzo è cambiato: prima 39,00 €, ora 49,00 €." in page.text
    assert "Il prezzo è cambiato" not in page.press("Ho visto i nuovi prezzi").text


def test_more_packs_for_less_are_proposed(client: FlaskClient, owner: User) -> None:
    sign_in(client, owner)
    assert "Aggiungine 3: paghi 2.050,00 € invece di 2.115,00 €." in a_cart_of(client, "LITE-1", 47).text


def test_a_line_that_may_not_be_bought_says_why_and_closes_the_way_to_the_checkout(
    client: FlaskClient, owner: User
) -> None:
    sign_in(client, owner)
    page = a_cart_of(client, "INVOICES-10000", 1)
    assert "Serve prima il contratto di fatturazione elettronica" in page.text
    assert "Vai al pagamento" not in page.text
    assert visit(client, "/cassa").path == "/carrello"


def test_an_anonymous_cart_outlives_the_browser_and_is_nobody_elses(
    app: Flask, client: FlaskClient, tx: Transact
) -> None:
    with tx() as session:
        stock_the_shop(session)
    page = a_cart_of(client)
    assert "Carrello 1" in page.part(".g-head-end")
    cookie = client.get_cookie("gettone")
    assert cookie is not None
    assert cookie.expires is not None or cookie.max_age is not None
    assert "Il carrello è vuoto" in visit(app.test_client(), "/carrello").text
    assert len(stored_lines(tx)) == 1


def page_action(page: Page) -> str:
    form = page.soup.select_one(".s-line form")
    assert form is not None
    return str(form["action"])


def a_company_of(session: Session, studio: Party, **changes: str) -> UUID:
    a_paid_order(session, studio, "LITE-1")
    coupon, _pack = stock_of(session, studio.id)[0]
    return activate_coupon(session, coupon.id, company_data(**changes), owner_of(studio)).id
