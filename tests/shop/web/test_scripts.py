"""What htmx adds to catalogue, cart and order, watched in Chromium; and that the same works without any script."""

import pytest
from playwright.sync_api import Browser, expect

from foundation.database import transaction
from foundation.principal import Principal
from shop import order_by_number
from shop.orders.closing import cancel_order
from tests.axe import wrong_on
from tests.live_shop import LiveShop, a_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sockets,
    # A browser that leaves a page hangs up on its stylesheets; the server then leaves their files to Python.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.parametrize("scripts", [True, False])
def test_the_steppers_of_catalogue_and_cart_work_with_and_without_scripts(
    chromium: Browser, live_shop: LiveShop, scripts: bool
) -> None:
    page = a_browser(chromium, live_shop, signed_in=False, scripts=scripts).new_page()
    page.goto("/catalogo")
    page.get_by_role("button", name="Uno in più: LITE").click()
    expect(page.locator("#offer-lite-quantity")).to_have_value("2")
    page.get_by_role("button", name="Uno in più: LITE").click()
    expect(page.locator("#offer-lite-quantity")).to_have_value("3")
    page.get_by_role("button", name="Aggiungi LITE al carrello").click()
    expect(page).to_have_url(f"{live_shop.address}/carrello")
    expect(page.locator(".g-due")).to_have_text("179,34 €")
    page.get_by_role("button", name="Uno in meno: Coupon LITE").click()
    expect(page.locator(".g-due")).to_have_text("119,56 €")
    page.get_by_role("spinbutton", name="Quantità: Coupon LITE").fill("10")
    page.keyboard.press("Enter")
    expect(page.locator(".g-due")).to_have_text("549,00 €")


def test_a_total_follows_the_typed_quantity_without_loading_the_page_again(
    chromium: Browser, live_shop: LiveShop
) -> None:
    page = a_browser(chromium, live_shop, signed_in=False).new_page()
    page.goto("/catalogo")
    page.get_by_role("button", name="Aggiungi LITE al carrello").click()
    expect(page.locator(".g-due")).to_have_text("59,78 €")
    page.evaluate("window.stayed = true")
    page.get_by_role("spinbutton", name="Quantità: Coupon LITE").fill("4")
    page.locator("h1").click()
    expect(page.locator(".g-due")).to_have_text("239,12 €")
    assert page.evaluate("window.stayed") is True


def test_a_page_that_waits_shows_by_itself_what_became_of_the_order(chromium: Browser, live_shop: LiveShop) -> None:
    page = a_browser(chromium, live_shop).new_page()
    number = live_shop.numbers["card"]
    page.goto(f"/ordini/{number}")
    expect(page.locator(".g-stato")).to_have_text("In attesa di pagamento")
    with live_shop.app.app_context(), transaction() as session:
        order = order_by_number(session, number, None, lock=True)
        cancel_order(session, order, Principal(None, order.buyer_party_id, "owner"))
    expect(page.locator(".g-stato")).to_have_text("Annullato", timeout=12_000)
    expect(page.locator("main [hx-get]")).to_have_count(0)


def test_the_pages_of_buying_have_no_violation_and_fit_every_width(chromium: Browser, live_shop: LiveShop) -> None:
    page = a_browser(chromium, live_shop).new_page()
    found = []
    numbers = live_shop.numbers
    page.goto("/catalogo")
    page.get_by_role("button", name="1.000 fatture").click()
    orders = [f"/ordini/{numbers['transfer']}", f"/ordini/{numbers['fulfilled']}", "/ordini"]
    for path in ("/catalogo", "/carrello", "/cassa", *orders, f"/ordini/{numbers['transfer']}/annulla"):
        page.goto(path, wait_until="load")
        found += wrong_on(page)
    page.goto("/cassa")
    page.get_by_role("button", name="Ordine con obbligo di pagare").click()
    expect(page.locator(".g-errs")).to_be_focused()
    found += wrong_on(page)
    assert found == []
