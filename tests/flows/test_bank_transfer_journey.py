"""The journey of a bank transfer in a browser, on a phone and on a desk (F003-09)."""

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from foundation import clock
from foundation.database import transaction
from shop import Order
from shop.transfers import TransferFact, record_transfer
from shop.transfers.bank_lines import payment_of
from tests.axe import overflow, violations
from tests.banking import ACCOUNT
from tests.live_shop import LiveShop, a_browser

TICKS = ("terms", "tacit_renewal", "liability_limits")


@pytest.mark.browser
@pytest.mark.sockets
@pytest.mark.parametrize("width", [375, 1280])
def test_the_journey_runs_in_a_browser_and_axe_finds_nothing(
    chromium: Browser,
    live_shop: LiveShop,
    width: int,
) -> None:
    page = a_browser(chromium, live_shop, width=width).new_page()

    def looks_right() -> None:
        assert violations(page) == []
        assert overflow(page) <= 0

    page.goto("/catalogo")
    page.get_by_role("button", name="Aggiungi LITE al carrello").click()
    expect(page).to_have_url(f"{live_shop.address}/carrello")
    page.goto("/cassa")
    page.locator("label", has_text="Bonifico").first.click()
    for tick in TICKS:
        page.locator(f"#{tick}").check()
    looks_right()
    page.get_by_role("button", name="Ordine con obbligo di pagare").click()
    expect(page.get_by_role("heading", name="Fai il bonifico")).to_be_visible()
    looks_right()
    number = page.url.rsplit("/", 1)[-1]
    with live_shop.app.app_context(), transaction() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        fact = TransferFact("bank_webhook", ACCOUNT, clock.today(), order.gross_cents, order.rf_reference)
        line = record_transfer(session, fact)
        assert line is not None
        assert payment_of(session, line.id).amount_cents == order.gross_cents
    page.reload()
    expect(page.get_by_role("heading", name="Bonifico registrato")).to_be_visible()
    expect(page.locator("#window ~ p time")).to_contain_text("ore")
    looks_right()
