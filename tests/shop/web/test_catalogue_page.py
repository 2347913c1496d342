from flask.testing import FlaskClient

from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.signing import sign_in
from tests.stories import DEMO_CATALOGUE, stock_the_shop

NEW_PRODUCTS = """
[[product]]
sku = "NEVER-SEEN-7"
family = "ACCOUNTING"
kind = "coupon_pack"
name = { it = "Sette coupon Agricola", en = "Seven Farm coupons" }
description = { it = "Sette aziende agricole.", en = "Seven farms." }
net = "333.00"
vat = "IVA10"
[product.gives]
kind = "coupons"
units = 7
coupon_type = "FARM"
code_prefix = "AGR"
product = "FARM"
plan = "FARM"
term = "31 December"
activate_within_months = 18
limits = { users = 3 }

[[product]]
sku = "NEVER-SEEN-CREDITS"
family = "ACCOUNTING"
kind = "credit"
name = { it = "500 letture", en = "500 readings" }
description = { it = "Letture automatiche.", en = "Automatic readings." }
net = "25.00"
vat = "IVA22"
[product.gives]
kind = "credits"
units = 500
ends = "12 months"

[[vat]]
code = "IVA10"
basis_points = 1000
description = "IVA 10%"

[[coupon_type]]
code = "FARM"
it = "Agricola"
en = "Farm"
"""


def test_every_type_shows_its_sizes_net_and_gross_unit_prices_and_volume_prices(
    client: FlaskClient, tx: Transact
) -> None:
    with tx() as session:
        stock_the_shop(session)
    page = visit(client, "/catalogo")
    column = page.part("#offer-lite")
    for said in (
        "49,00 €",
        "+ IVA 22% · 59,78 € IVA inclusa",
        "da 10: 45,00 € · da 50: 41,00 €",
        "10 coupon 440,00 €",
        "44,00 € a coupon · 536,80 € IVA inclusa",
        "50 coupon 2.000,00 €",
        "Ogni azienda ha la licenza per 12 mesi dall’attivazione.",
        "Tiene la contabilità semplificata.",
    ):
        assert said in column, (said, column)
    assert [heading.get_text() for heading in page.soup.select(".g-trio h3")] == ["LITE", "Ordinaria", "Corporate"]


def test_the_studio_is_told_that_it_bears_the_costs_and_that_the_invitation_is_the_other_way(
    client: FlaskClient, tx: Transact
) -> None:
    with tx() as session:
        stock_the_shop(session)
    page = visit(client, "/catalogo")
    note = page.part("section[aria-labelledby=coupon_pack] .g-note")
    assert "Restano a tuo carico pacchetti fatture, credito prepagato, rinnovi e passaggi di licenza" in note
    assert page.soup.select_one(".g-note a")["href"] == "/inviti/nuovo"  # type: ignore[index]


def test_what_cannot_be_bought_says_why_and_where_to_go_and_what_is_not_sold_is_not_listed(
    client: FlaskClient, tx: Transact
) -> None:
    text = DEMO_CATALOGUE.read_text().replace('sku = "MODULE-ORDERS"', 'sku = "MODULE-ORDERS"\nsold = false')
    with tx() as session:
        checked = check_catalogue(text)
        assert checked.catalogue is not None, checked.mistakes
        import_catalogue(session, checked.catalogue)
    page = visit(client, "/catalogo")
    refused = page.part("#offer-invoices-10000")
    assert (
        "Serve prima il contratto di fatturazione elettronica, non ancora firmato. Leggi e firma il contratto"
        in refused
    )
    assert page.soup.select("#offer-invoices-10000 button") == []
    assert "WooCommerce" in page.text
    assert "Ordini elettronici" not in page.text


def test_packs_show_the_price_of_an_invoice_and_when_they_end(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
    page = visit(client, "/catalogo")
    assert "0,06 € a fattura" in page.part("#offer-invoices-1000")
    assert "Scadono il 31/12/" in page.part("section[aria-labelledby=invoice_pack]")


def test_products_the_code_has_never_seen_are_shown_and_bought_from_their_file_alone(
    client: FlaskClient, tx: Transact
) -> None:
    with tx() as session:
        checked = check_catalogue(DEMO_CATALOGUE.read_text() + NEW_PRODUCTS)
        assert checked.catalogue is not None, checked.mistakes
        import_catalogue(session, checked.catalogue)
        studio = a_studio(session)
        owner = a_user(session, studio.id)
    sign_in(client, owner)
    page = visit(client, "/catalogo")
    column = page.part("#offer-farm")
    assert "Attiva fino a 7 aziende." in column
    assert "Va attivato entro 18 mesi dall’acquisto." in column
    assert "Utenti: fino a 3." in column
    cart = page.press("Aggiungi Agricola al carrello")
    assert "366,30 €" in cart.part(".g-due")
    assert "500 letture" in page.text
    cart = page.press("Aggiungi la ricarica", {"sku": "NEVER-SEEN-CREDITS"})
    totals = cart.part("aside")
    assert "IVA 22% 5,50 €" in totals
    assert "IVA 10% 33,30 €" in totals
    assert "396,80 €" in cart.part(".g-due")


def test_the_stepper_of_the_catalogue_works_without_scripts(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
    page = visit(client, "/catalogo").press("Uno in più: Corporate", {"sku": "CORPORATE-10"})
    assert page.path == "/catalogo"
    assert page.soup.select_one("#offer-corporate-quantity")["value"] == "2"  # type: ignore[index]
    assert page.soup.select_one("#offer-corporate input[checked]")["value"] == "CORPORATE-10"  # type: ignore[index]


def test_the_vendors_people_look_at_the_catalogue_and_are_offered_no_cart(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        vendor = a_studio(session, kind="VENDOR")
        support = a_user(session, vendor.id, role="support")
    sign_in(client, support)
    page = visit(client, "/catalogo")
    assert page.status == 200
    assert not page.has_button("Aggiungi")
    assert client.get("/carrello").status_code == 403


def test_the_vendors_people_are_led_to_no_page_that_is_not_theirs(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        vendor = a_studio(session, kind="VENDOR")
        support = a_user(session, vendor.id, role="support")
    sign_in(client, support)
    for link in visit(client, "/catalogo").soup.select("main a[href^='/']"):
        assert visit(client, str(link["href"])).status == 200, link


def test_without_a_catalogue_the_page_says_so(client: FlaskClient) -> None:
    page = visit(client, "/catalogo")
    assert page.status == 503
    assert "Il catalogo non è ancora pubblicato" in page.text


def test_a_company_is_not_told_that_it_bears_the_costs_of_a_studio(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        boss = a_user(session, a_company(session).id)
    sign_in(client, boss)
    assert "Con il coupon paga lo studio" not in visit(client, "/catalogo").text
