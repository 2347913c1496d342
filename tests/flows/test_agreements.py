"""A professional order's agreement: its code takes a share off some products, on the page and by API (F004-26)."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from foundation import clock
from foundation.mail import MemoryMailer
from pricing import add_months
from shop import Order
from shop.catalogue import import_catalogue
from shop.catalogue.checks import check_catalogue
from shop.orders.asking_again import fill_cart_again
from tests.addons import add_services, until
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.entitlements.scenes import Scene, a_scene, an_activation
from tests.flows.service_shop import BASE, DOCUMENTS, Shop
from tests.flows.test_buy_by_card import TICKS
from tests.signing import sign_in
from tests.stories import DEMO_CATALOGUE


def a_cart(client: FlaskClient, tx: Transact, run_jobs: Callable[[], int]) -> tuple[Scene, Page]:
    """A studio signed in, with a base and a module for its company in the cart: 44.90, with VAT 54.78."""
    with tx() as session:
        scene = a_scene(session, quantity=1)
        company_id = an_activation(session, scene)
    run_jobs()
    with tx() as session:
        add_services(session, scene.owner, company_id, BASE, DOCUMENTS)
    sign_in(client, scene.owner)
    return scene, visit(client, "/carrello")


def test_a_code_takes_its_share_off_and_stands_on_a_row_of_its_own_to_the_end(
    client: FlaskClient, tx: Transact, run_jobs: Callable[[], int], outside: Outside
) -> None:
    scene, cart = a_cart(client, tx, run_jobs)
    assert "54,78 €" in cart.part(".g-due")
    agreed = cart.press("Applica il codice", {"codice": " ordine-10 "})
    assert "Convenzione ORDINE-10 −4,49 €" in agreed.part("aside")
    # Each line loses a tenth, rounded once: 2.99 of 29.90 and 1.50 of 15.00.
    assert "49,30 €" in agreed.part(".g-due")
    checkout = agreed.follow("Vai al pagamento")
    assert "Convenzione ORDINE-10" in checkout.part("aside")
    ordered = checkout.press("Ordine con obbligo di pagare", TICKS | {"method": "bank_transfer"})
    assert "Convenzione ORDINE-10 −4,49 €" in ordered.text
    run_jobs()
    assert isinstance(outside.mailer, MemoryMailer)
    told = outside.mailer.messages[-1].get_body(("plain",))
    assert told is not None
    assert "Convenzione ORDINE-10: −4,49" in told.get_content()
    with tx() as session:
        newest = select(Order).where(Order.buyer_party_id == scene.studio.id).order_by(Order.number.desc()).limit(1)
        order = session.scalars(newest).one()
        assert (order.net_cents, order.gross_cents) == (4041, 4930)
        assert fill_cart_again(session, order).agreement_code == "ORDINE-10"


def test_a_code_that_does_not_count_is_refused_with_its_reason_and_stays_typed(
    client: FlaskClient, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    _scene, cart = a_cart(client, tx, run_jobs)
    refused = cart.press("Applica il codice", {"codice": "ORDINE-11"})
    assert refused.status == 422
    assert "Questo codice convenzione non esiste" in refused.part(".g-errs")
    assert refused.part("title").startswith("Errore: ")
    assert "Questo codice convenzione non esiste" in refused.text
    field = refused.soup.select_one("[name=codice]")
    assert field is not None
    assert field["value"] == "ORDINE-11"
    assert "54,78 €" in visit(client, "/carrello").part(".g-due")


def test_an_agreement_that_ends_after_it_was_named_stops_the_order_until_it_is_taken_off(
    client: FlaskClient, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    _scene, cart = a_cart(client, tx, run_jobs)
    cart.press("Applica il codice", {"codice": "ORDINE-10"})
    with tx() as session:
        ended = DEMO_CATALOGUE.read_text(encoding="utf-8").replace(
            "basis_points = 1000\nkinds", "basis_points = 1000\nlast_day = 2026-01-31\nkinds"
        )
        found = check_catalogue(ended).catalogue
        assert found is not None
        import_catalogue(session, found)
    stopped = visit(client, "/carrello")
    assert "Questa convenzione è finita" in stopped.text
    assert "Vai al pagamento" not in stopped.text
    assert "54,78 €" in stopped.part(".g-due")
    free = stopped.press("Togli il codice")
    assert "Vai al pagamento" in free.text


def test_a_program_names_the_code_in_the_quote_and_in_the_order(shop: Shop) -> None:
    taken = [{"code": "ORDINE-10", "net_cents": -299}]
    quote = shop.quote(shop.line(BASE), agreement_code="ordine-10")
    assert (quote["lines"][0]["adjustments"], quote["net_cents"], quote["orderable"]) == (taken, 2691, True)
    wrong = shop.quote({"sku": "LITE-1", "quantity": 1}, agreement_code="ORDINE-10")
    assert [refusal["code"] for refusal in wrong["refusals"]] == ["AGREEMENT_FITS_NOTHING"]
    assert (wrong["net_cents"], wrong["orderable"]) == (4900, False)
    order = shop.order(shop.line(BASE), method="bank_transfer", agreement_code="ORDINE-10")
    assert (order["lines"][0]["adjustments"], order["net_cents"]) == (taken, 2691)


def test_both_outcomes_of_the_extension_have_the_discount_in_their_totals(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 6)))
    quote = shop.quote(shop.line(DOCUMENTS), agreement_code="ORDINE-10")
    (choice,) = quote["extensions"]
    # 15.00 and 14.95 lose 1.50 each; without the extension there is only the first.
    assert (choice["on"]["gross_cents"], choice["off"]["gross_cents"]) == (3288, 1647)
    assert quote["gross_cents"] == 3288


def test_an_order_whose_discount_leaves_nothing_to_pay_is_fulfilled_when_it_is_placed(shop: Shop) -> None:
    """Nobody can pay 0.00: the discount pays it."""
    with shop.tx() as session:
        free = DEMO_CATALOGUE.read_text(encoding="utf-8").replace(
            "basis_points = 1000\nkinds", "basis_points = 10000\nkinds"
        )
        found = check_catalogue(free).catalogue
        assert found is not None
        import_catalogue(session, found)
    for sku, method in ((BASE, "stripe"), (DOCUMENTS, "bank_transfer")):
        order = shop.order(shop.line(sku), method=method, agreement_code="ORDINE-10")
        assert (order["gross_cents"], shop.state(order)) == (0, "FULFILLED")
    assert set(shop.running()) == {BASE, DOCUMENTS}
    shop.jobs()
    assert not any("bonifico" in subject.lower() for subject in shop.subjects())
