import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import Party
from shop import MemoryGateway, Order, User
from shop.carts import Cart
from shop.orders.placing import CLAUSES
from shop.web.checkout_form import TICKS
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, sign_in
from tests.stories import stock_the_shop

TICKED = dict.fromkeys(TICKS, "1")
BUTTON = "Ordine con obbligo di pagare"


@pytest.fixture
def studio(tx: Transact) -> tuple[Party, User]:
    """A studio whose billing data are complete, and its owner."""
    with tx() as session:
        stock_the_shop(session)
        party = a_studio(session, vat_number="00743110157", tax_code="00743110157", sdi_code="M5UXCR1", pec=None)
        return party, a_user(session, party.id)


def at_the_checkout(client: FlaskClient, user: User) -> Page:
    sign_in(client, user)
    post(client, "/carrello/righe", sku="LITE-1", quantity="3")
    return visit(client, "/carrello").follow("Vai al pagamento")


def orders_in(tx: Transact) -> list[Order]:
    with tx() as session:
        return list(session.scalars(select(Order).order_by(Order.id)))


def test_every_clause_an_order_needs_has_a_tick_on_the_page() -> None:
    assert {clause for clauses in TICKS.values() for clause in clauses} == set(CLAUSES)


def test_a_returning_studio_sees_at_most_twelve_fields_and_the_obligation_with_its_amount(
    client: FlaskClient, studio: tuple[Party, User]
) -> None:
    page = at_the_checkout(client, studio[1])
    fields = [one for one in page.soup.select("main form.g-stack input") if one.get("type") != "hidden"]
    visible = [one for one in fields if one.find_parent("details") is None]
    assert 0 < len(visible) <= 12
    assert page.has_button("Ordine con obbligo di pagare · 179,34 €")
    assert "Via Roma 1, 10121 Torino (TO)" in page.part("address")
    assert "Evasione in 12–24 ore dalla registrazione dell’accredito." in page.text


def test_missing_billing_data_are_asked_openly(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        party = a_studio(session, vat_number="00743110157", tax_code="00743110157", sdi_code=None, pec=None)
        owner = a_user(session, party.id)
    page = at_the_checkout(client, owner)
    assert page.soup.select("details.s-billing") == []
    refused = page.press(BUTTON, TICKED)
    assert refused.status == 422
    assert refused.soup.select_one("[aria-invalid]") is not None


def test_an_order_by_transfer_is_told_how_to_pay_and_the_codes_can_be_copied(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    page = at_the_checkout(client, studio[1]).press(BUTTON, {"method": "bank_transfer", **TICKED})
    order = orders_in(tx)[0]
    assert page.path == f"/ordini/{order.number}"
    copied = [button["data-copy"] for button in page.soup.select("[data-copy]")]
    assert copied == ["Demo Software S.r.l.", "IT60X0542811101000000123456", order.rf_reference, "179.34"]
    assert "12–24 ore dalla registrazione dell’accredito" in page.part(".g-time")


def test_two_tabs_and_the_back_button_lead_to_the_one_order(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    first, second = at_the_checkout(client, studio[1]), visit(client, "/cassa")
    placed = first.press(BUTTON, {"method": "bank_transfer", **TICKED})
    assert second.press(BUTTON, {"method": "bank_transfer", **TICKED}).path == placed.path
    assert second.press(BUTTON, {"method": "nonsense"}).path == placed.path
    cart = first.soup.select_one("input[name=cart]")
    assert cart is not None
    assert visit(client, f"/cassa?carrello={cart['value']}").path == placed.path
    assert visit(client, "/cassa").path == "/carrello"
    assert len(orders_in(tx)) == 1


def test_a_total_that_changed_is_shown_with_both_amounts_before_it_obliges(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    page = at_the_checkout(client, studio[1])
    post(client, "/carrello/righe", sku="LITE-1", quantity="1")
    again = page.press(BUTTON, TICKED)
    assert again.status == 422
    assert "Il totale è cambiato: prima 179,34 €, ora 239,12 €." in again.text
    assert again.has_button("Ordine con obbligo di pagare · 239,12 €")
    assert orders_in(tx) == []
    assert again.press(BUTTON, {"method": "bank_transfer", **TICKED}).path.startswith("/ordini/")


def test_a_cart_with_other_lines_at_the_same_total_is_shown_again(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    page = at_the_checkout(client, studio[1])
    with tx() as session:
        session.scalars(select(Cart)).one().version += 1
    again = page.press(BUTTON, TICKED)
    assert "Il carrello è cambiato in un’altra finestra." in again.text
    assert orders_in(tx) == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"cart": "x"},
        {"cart": ""},
        {"seen_gross_cents": "1"},
        {"seen_gross_cents": "-1", "seen_version": "9" * 400},
        {"method": "cash"},
        {"method": ""},
        {"vat_number": "\x00"},
        {"name": "x" * 10_000},
        {"country": "XX"},
    ],
)
def test_a_form_bent_by_hand_never_makes_an_order(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User], hostile: dict[str, str]
) -> None:
    page = at_the_checkout(client, studio[1]).press(BUTTON, {**TICKED, **hostile})
    assert page.status in {200, 422}
    assert orders_in(tx) == []


def test_somebody_elses_cart_cannot_be_ordered(app: Flask, client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        owners = [
            a_user(session, a_studio(session, vat_number=number, tax_code=number, sdi_code="M5UXCR1").id)
            for number in ("00743110157", "02780790107")
        ]
    theirs = at_the_checkout(app.test_client(), owners[0]).soup.select_one("input[name=cart]")
    assert theirs is not None
    page = at_the_checkout(client, owners[1]).press(BUTTON, {"cart": str(theirs["value"]), **TICKED})
    assert page.path == "/carrello"
    assert orders_in(tx) == []


def test_without_a_confirmed_mail_nothing_is_ordered_and_the_link_can_be_had_again(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        user = a_user(session, studio[0].id, email_confirmed_at=None)
    page = at_the_checkout(client, user)
    assert "Conferma prima la tua e-mail." in page.text
    assert not page.has_button(BUTTON)
    assert page.submit("form.g-stack", TICKED).status == 422
    assert orders_in(tx) == []
    assert page.has_button("Invia di nuovo il link")


def test_only_the_owner_keeps_changed_data_for_the_next_orders(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        staff = a_user(session, studio[0].id, role="staff")
    moved = {"street": "Corso Francia 9", "keep": "1", "method": "bank_transfer", **TICKED}
    page = at_the_checkout(client, staff)
    assert "Salva indirizzo e recapiti" not in page.text
    page.press(BUTTON, moved)
    assert [order.billing["street"] for order in orders_in(tx)] == ["Corso Francia 9"]
    with tx() as session:
        assert session.get_one(Party, studio[0].id).address["street"] == "Via Roma 1"
    at_the_checkout(client, studio[1]).press(BUTTON, moved | {"name": "Altro nome"})
    with tx() as session:
        kept = session.get_one(Party, studio[0].id)
        assert (kept.address["street"], kept.name) == ("Corso Francia 9", studio[0].name)


def test_the_card_page_is_asked_for_once_however_often_the_button_is_pressed(
    client: FlaskClient, outside: Outside, studio: tuple[Party, User]
) -> None:
    page = at_the_checkout(client, studio[1])
    places = {page.press(BUTTON, TICKED).response.location for _ in range(3)}
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    assert len(places) == 1
    assert len([key for key in gateway.calls if key.startswith("order-")]) == 1


def test_a_visitor_and_the_vendors_people_are_kept_from_the_checkout(client: FlaskClient, tx: Transact) -> None:
    assert client.get("/cassa").location.startswith("/accedi?next=%2Fcassa")
    with tx() as session:
        support = a_user(session, a_studio(session, kind="VENDOR").id, role="support")
    sign_in(client, support)
    assert client.get("/cassa").status_code == 403
