"""The cart of services as a page: both outcomes before the choice, one-press ways on, everything without scripts."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from foundation import clock
from pricing import add_months
from shop import User
from tests.addons import add_services, buy_services, until
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.entitlements.scenes import a_scene, an_activation
from tests.flows.test_buy_by_card import TICKS
from tests.signing import sign_in

BASE, SEAT, DOCUMENTS = "EINVOICING-FULL", "EINVOICING-SEAT", "MODULE-DOCUMENTS"
WOO, COLLECTIONS = "MODULE-WOOCOMMERCE", "MODULE-COLLECTIONS"


class Desk:
    """A studio at its browser, and the company it buys for."""

    def __init__(self, client: FlaskClient, tx: Transact, company_id: UUID, owner: User) -> None:
        self.client, self.tx, self.company_id, self.owner = client, tx, company_id, owner

    def buy(self, *skus: str) -> None:
        with self.tx() as session:
            buy_services(session, self.owner, self.company_id, *skus)

    def add(self, *skus: str) -> Page:
        with self.tx() as session:
            add_services(session, self.owner, self.company_id, *skus)
        return self.cart()

    def cart(self) -> Page:
        return visit(self.client, "/carrello")


@pytest.fixture
def desk(client: FlaskClient, tx: Transact, run_jobs: Callable[[], int]) -> Desk:
    """A studio signed in, with a company that is ready."""
    with tx() as session:
        scene = a_scene(session, quantity=1)
        company_id = an_activation(session, scene)
    run_jobs()
    sign_in(client, scene.owner)
    return Desk(client, tx, company_id, scene.owner)


@pytest.fixture
def half_year(desk: Desk, advance: Callable[[timedelta], None]) -> Desk:
    """Its base service has six months left."""
    desk.buy(BASE)
    advance(until(add_months(clock.today(), 6)))
    return desk


def test_both_outcomes_stand_side_by_side_before_the_choice_with_formula_price_and_last_day(half_year: Desk) -> None:
    cart = half_year.add(DOCUMENTS)
    on, off = cart.soup.select(".g-face")
    said_on, said_off = (" ".join(face.get_text(" ").split()) for face in (on, off))
    assert "Attivata" in said_on
    assert "36,54 €" in said_on
    assert "29,90 € × 6/12" in said_on
    assert "Tutto scade il" in said_on
    assert "Disattivata" in said_off
    assert "18,30 €" in said_off
    assert "Documenti: non usi 6 mesi già pagati." in said_off
    assert cart.soup.select_one("#extend-on-" + str(half_year.company_id) + "[checked]") is not None
    assert "36,54 €" in cart.part(".g-due")


def test_the_checkout_and_the_order_list_the_extension_that_is_charged(half_year: Desk) -> None:
    checkout = half_year.add(DOCUMENTS).follow("Vai al pagamento")
    assert "Fatturazione Elettronica: 6 mesi in più 29,90 € × 6/12 14,95 €" in checkout.part("aside")
    order = checkout.press("Ordine con obbligo di pagare", TICKS | {"method": "bank_transfer"})
    assert "Fatturazione Elettronica: 6 mesi in più" in order.text
    assert "1 × 29,90 € × 6/12" in order.text


def test_switching_the_extension_off_changes_the_total_and_stays_chosen(half_year: Desk) -> None:
    cart = half_year.add(DOCUMENTS)
    off = cart.press("Aggiorna il totale", {"estensione": "0"}, within=".g-ext")
    assert off.path == "/carrello"
    assert "18,30 €" in off.part(".g-due")
    assert "18,30 €" in half_year.cart().part(".g-due")
    back = off.press("Aggiorna il totale", {"estensione": "1"}, within=".g-ext")
    assert "36,54 €" in back.part(".g-due")


def test_a_full_price_for_a_month_is_said_aloud(desk: Desk, advance: Callable[[timedelta], None]) -> None:
    desk.buy(BASE)
    advance(until(add_months(clock.today(), 11)))
    cart = desk.add(COLLECTIONS)
    assert "Paghi un anno, usi un mese." in cart.text
    assert "15,00 € al mese invece di 1,25 €" in cart.text


def test_nothing_is_asked_when_nothing_is_missing(desk: Desk) -> None:
    desk.buy(BASE)
    cart = desk.add(DOCUMENTS)
    assert not cart.soup.select(".g-ext")
    assert "Vai al pagamento" in cart.text


def test_woocommerce_alone_offers_documents_in_one_press_and_says_what_goes_with_it(desk: Desk) -> None:
    desk.buy(BASE)
    alone = desk.add(WOO)
    assert "Funziona solo insieme a un altro prodotto" in alone.text
    both = alone.press("Aggiungi Documenti")
    assert both.path == "/carrello"
    assert "Vai al pagamento" in both.text
    gone = both.press("e con lui WooCommerce")
    assert "Il carrello è vuoto" in gone.text
    again = gone.press("Rimettila")
    assert "WooCommerce" in again.text
    assert "Vai al pagamento" in again.text


def test_a_service_without_a_company_asks_for_one_and_goes_on(desk: Desk) -> None:
    cart = visit(desk.client, "/catalogo").press("Aggiungi Fatturazione Elettronica")
    assert "scegli per quale" in cart.text
    assert "Vai al pagamento" not in cart.text
    done = cart.press("Aggiorna", {"for_party": str(desk.company_id)})
    assert "per Officina Brambilla S.r.l." in done.text
    assert "Vai al pagamento" in done.text


def test_modules_and_seats_go_into_the_cart_of_a_new_base_in_one_press(desk: Desk) -> None:
    cart = desk.add(BASE)
    assert cart.soup.select_one("details.s-more[open]") is not None
    shop = cart.press("Aggiungi WooCommerce", within=".s-more")
    assert [title.get_text() for title in shop.soup.select(".s-line h2")] == [
        "Fatturazione Elettronica",
        "WooCommerce",
        "Documenti",
    ]
    assert "Vai al pagamento" in shop.text
    assert "Aggiungi Documenti" not in shop.text


def test_nothing_is_offered_beside_solo_ricezione_but_seats_and_storage(desk: Desk) -> None:
    offered = desk.add("EINVOICING-RECEIVE-ONLY").soup.select(".s-more li strong")
    assert [one.get_text() for one in offered] == ["Utente aggiuntivo", "Spazio aggiuntivo, 1 GB"]


def test_without_the_extension_services_are_listed_by_their_last_day(half_year: Desk) -> None:
    cart = half_year.add(DOCUMENTS, SEAT)
    off = " ".join(cart.soup.select(".g-face")[1].get_text(" ").split())
    assert "Fatturazione Elettronica e Documenti scadono il" in off
    assert "Utente aggiuntivo scade il" in off


def test_seats_are_counted_by_plus_and_minus(desk: Desk) -> None:
    desk.buy(BASE)
    cart = desk.add(SEAT)
    more = cart.press("Uno in più: Utente aggiuntivo")
    assert "9,90 € × 2" in more.text
    assert "19,80 €" in more.part("aside")
    assert "9,90 € × 2" not in more.press("Uno in meno: Utente aggiuntivo").text


def test_what_runs_is_renewed_together_and_a_module_is_left_out_in_one_press(desk: Desk) -> None:
    desk.buy(BASE, DOCUMENTS)
    offered = visit(desk.client, f"/catalogo?azienda={desk.company_id}")
    assert "Questo modulo è già attivo" in offered.text
    cart = offered.press("Rinnova i servizi attivi")
    assert "Fatturazione Elettronica: rinnovo di un anno" in cart.text
    assert "Documenti: rinnovo di un anno" in cart.text
    longer = cart.press("Aggiorna il totale", {"quantity": "3"})
    assert "29,90 € × 3 anni" in longer.text
    left = longer.press("Non rinnovare Documenti")
    assert "Documenti: rinnovo" not in left.text
    assert "Vai al pagamento" in left.text


def test_a_base_that_has_ended_is_renewed_in_one_press_from_the_cart(
    desk: Desk, advance: Callable[[timedelta], None]
) -> None:
    desk.buy(BASE)
    advance(until(add_months(clock.today(), 12) + timedelta(days=5)))
    cart = desk.add(DOCUMENTS)
    assert "Il servizio di base è scaduto" in cart.text
    assert "Vai al pagamento" not in cart.text
    renewed = cart.press("Rinnova i servizi attivi")
    assert "Vai al pagamento" in renewed.text
    assert renewed.soup.select(".g-ext")


def test_what_ended_with_a_limited_base_is_renewed_together_with_it_in_one_press(
    desk: Desk, advance: Callable[[timedelta], None]
) -> None:
    desk.buy(BASE, DOCUMENTS)
    advance(until(add_months(clock.today(), 12) + timedelta(days=5)))
    page = visit(desk.client, f"/aziende/{desk.company_id}/servizi")
    assert "poi il servizio chiude per sempre" in page.text
    assert "Servizi passati" not in page.text
    cart = page.press("Rinnova tutto insieme")
    assert "Nel carrello: 2 rinnovi." in cart.text
    # Nothing new is wanted, so nothing is extended and nothing is charged that no line shows.
    assert "54,78 €" in cart.part(".g-due")
    assert "mese in più" not in cart.text


def test_somebody_else_s_company_is_not_there(desk: Desk, tx: Transact) -> None:
    with tx() as session:
        other = a_scene(session, quantity=1)
        foreign = other.studio.id
    assert visit(desk.client, f"/catalogo?azienda={foreign}").status == 404
    cart = desk.add(BASE)
    token = cart.soup.select_one("input[name=csrf_token]")
    assert token is not None
    for end in ("estensione", "anni", "rinnovi"):
        answer = desk.client.post(
            f"/carrello/aziende/{foreign}/{end}", data={"csrf_token": token["value"], "quantity": "1"}
        )
        assert answer.status_code == 404
