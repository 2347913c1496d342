"""Pictures of services: what runs, the cart with both outcomes, renewals, steps, seats, and what time does to them."""

from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.cast import Cast
from tests.browser.visitor import Visitor

WITH_SERVICES = "owner@brambilla.example"
LIMITED = "owner@gallo.example"
WITHOUT_SERVICES = "owner@valsesia.example"


def services(cast: Cast) -> None:
    """A company with a base, one that let it end, and one that has none yet."""
    cast.album.open_chapter("Services, modules and seats")
    _a_company_that_adds(cast, cast.guest)
    _a_company_that_is_late(cast, cast.guest)
    _a_company_that_begins(cast, cast.guest)


def _a_company_that_adds(cast: Cast, owner: Visitor) -> None:
    page = owner.page
    _come_in(owner, WITH_SERVICES)
    cast.take(owner, "/servizi", "services", "Services: what runs, what is left to do, what can be added", dark=True)
    owner.press("Aggiungi modulo WooCommerce")
    cast.here(owner, "cart-services-needs", "Cart: WooCommerce needs Documenti, added in one press")
    owner.press("Aggiungi Documenti")
    cast.here(owner, "cart-services-on", "Cart: the extension on, both outcomes side by side", dark=True)
    page.locator(".g-face label").last.click()
    expect(page.locator(".g-face input").last).to_be_checked()
    cast.here(owner, "cart-services-off", "Cart: the extension off, what is lost is said")
    owner.follow("Vai al pagamento")
    steps.tick_the_conditions(owner)
    cast.here(owner, "checkout-services", "Checkout of services")
    owner.press("Ordine con obbligo di pagare")
    steps.pay_by_card(owner)
    cast.here(owner, "order-services", "The order that started them")
    cast.take(owner, "/servizi", "services-steps", "Services: the steps after the purchase")
    owner.open("/servizi")
    owner.press("Rinnova tutto insieme")
    cast.here(owner, "cart-renewal", "Cart: everything is renewed together, for how many years is chosen")
    _it_renews_by_itself(cast, owner)
    cast.take(owner, "/servizi/utenze", "seats-free", "Seats: nobody sits yet")
    owner.fill(email="chiara@brambilla.example")
    owner.press("Manda l’invito")
    cast.here(owner, "seats", "Seats: an invitation is on its way")
    owner.follow("Gestisci chiara@brambilla.example")
    cast.here(owner, "seat", "One seat: permissions and access")
    owner.open("/servizi")
    owner.press("Aggiungi la quantità consigliata")
    cast.here(owner, "cart-storage", "Cart: the suggested quantity of storage, added in one press")


def _it_renews_by_itself(cast: Cast, owner: Visitor) -> None:
    page = owner.page
    owner.open("/servizi")
    owner.follow("Attiva il rinnovo automatico")
    cast.here(owner, "renewal-consent", "Automatic renewal: what is agreed to, and what will be charged")
    owner.press("Attiva e salva la carta")
    cast.here(owner, "renewal-errors", "Automatic renewal: nothing is agreed to unread")
    steps.tick_the_conditions(owner)
    page.locator("#mandate").check()
    owner.press("Attiva e salva la carta")
    cast.here(owner, "simulator-card", "Simulator: a card is saved, nothing is paid")
    owner.press("Salva una carta valida")
    expect(page.get_by_role("heading", name="Stato")).to_be_visible()
    # The card comes by letter: asked again, as a person would.
    while page.get_by_role("heading", name="La carta").count() == 0:
        page.wait_for_timeout(250)
        page.reload()
    cast.here(owner, "renewal-on", "Automatic renewal: on, with the card, and off in one press", dark=True)
    cast.take(owner, "/servizi", "services-renewing", "Services: they renew by themselves")


def _a_company_that_is_late(cast: Cast, owner: Visitor) -> None:
    _come_in(owner, LIMITED)
    cast.take(owner, "/servizi", "services-limited", "Services: the base has ended and is limited", dark=True)
    owner.press("Rinnova tutto insieme")
    cast.here(owner, "cart-renewal-late", "Cart: a late renewal runs from the day the base ended")


def _a_company_that_begins(cast: Cast, owner: Visitor) -> None:
    _come_in(owner, WITHOUT_SERVICES)
    cast.take(owner, "/servizi", "services-none", "Services: none yet")
    owner.press("Aggiungi al carrello Fatturazione Elettronica")
    cast.here(owner, "cart-services-first", "Cart: a first base, and what can go with it")
    owner.page.get_by_text("Hai un codice convenzione?").click()
    owner.fill(codice="ORDINE-11")
    owner.press("Applica il codice")
    cast.here(owner, "cart-agreement-error", "Cart: the code of an agreement that does not exist")
    owner.fill(codice="ORDINE-10")
    owner.press("Applica il codice")
    cast.here(owner, "cart-agreement", "Cart: what an agreement takes off stands on a row of its own")


def _come_in(owner: Visitor, email: str) -> None:
    owner.context.clear_cookies()
    owner.open("/accedi")
    steps.sign_in(owner, email)
    owner.page.wait_for_load_state()
