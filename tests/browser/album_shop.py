"""Pictures of the shop: public pages, accounts, buying, activating, transfers, and what time does to orders."""

import re
import tempfile
from pathlib import Path

from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.cast import Cast
from tests.browser.stage import OTHER_STUDIO, STUDIO, until
from tests.browser.visitor import Visitor
from tests.stories import DEMO_CATALOGUE

NEW_STUDIO = {
    "name": "Studio Verdi e Associati",
    "vat_number": "12345670017",
    "tax_code": "12345670017",
    "street": "Via Po 1",
    "postal_code": "10123",
    "city": "Torino",
    "province": "TO",
    "sdi_code": "M5UXCR1",
    "owner_name": "Anna Verdi",
    "email": "anna@studio-verdi.example",
    "password": "cavallo batteria graffetta",
}


def public_pages(cast: Cast) -> None:
    """What everybody may read."""
    guest = cast.guest
    cast.album.open_chapter("For everybody")
    cast.take(guest, "/", "home", "Home of a visitor")
    cast.take(guest, "/catalogo", "catalogue", "Catalogue, with a product that is not on sale and why", dark=True)
    cast.take(guest, "/carrello", "cart-empty", "Empty cart")
    cast.take(guest, "/guida", "help", "Help")
    cast.take(guest, "/guida?q=bonifico", "help-search", "Help: search")
    cast.take(guest, "/guida?q=xyzzy", "help-nothing", "Help: nothing found")
    cast.take(guest, "/guida/pagare-con-bonifico", "help-article", "Help: an article")
    cast.take(guest, "/assistenza", "support", "Support")
    guest.press("Invia la richiesta")
    cast.here(guest, "support-error", "Support: mistakes in the form")
    cast.take(guest, "/condizioni", "terms", "General conditions")
    cast.take(guest, "/privacy", "privacy", "Privacy")
    cast.take(guest, "/accessibilita", "accessibility", "Accessibility")
    cast.take(guest, "/api/docs", "api-manual", "Manual of the API")
    cast.take(guest, "/questa-pagina-non-esiste", "error-404", "Page not found")


def empty_shelves(cast: Cast) -> None:
    """A studio on its first day."""
    studio = cast.studio
    cast.album.open_chapter("A studio on its first day")
    cast.take(studio, "/accedi", "sign-in", "Sign in")
    studio.fill(email=STUDIO, password="sbagliata")
    studio.press("Accedi")
    cast.here(studio, "sign-in-error", "Sign in: wrong password")
    steps.sign_in(studio, STUDIO)
    expect(studio.page.get_by_role("heading", level=1)).to_have_text("Studio Rossi")
    cast.here(studio, "studio-home-empty", "Home of a studio, nothing bought yet")
    cast.take(studio, "/ordini", "orders-empty", "Orders: none yet")
    cast.take(studio, "/coupon", "coupons-empty", "Coupons: none yet")
    cast.take(studio, "/aziende", "companies-empty", "Companies: none yet")
    cast.take(studio, "/supporto", "activities-empty", "Support activities: nothing under way")
    cast.take(studio, "/desk/finanza", "error-403", "A page of the vendor's people is refused")


def accounts(cast: Cast) -> None:
    """Registration, passwords, people, tokens."""
    guest, studio = cast.guest, cast.studio
    cast.album.open_chapter("Accounts")
    cast.take(guest, "/registrati", "register", "Register a studio")
    guest.fill(**{**NEW_STUDIO, "vat_number": "12345670018", "postal_code": "1012", "password": "corta"})
    guest.press("Registra lo studio")
    cast.here(guest, "register-error", "Register: every mistake at once, and beside its field")
    guest.fill(**NEW_STUDIO)
    guest.page.locator("[name=terms][type=checkbox]").check()
    guest.press("Registra lo studio")
    expect(guest.page.locator(".g-errs")).to_have_count(0)
    cast.here(guest, "register-sent", "Register: look into your mail")
    link = cast.stage.letter("Conferma il tuo indirizzo")["links"]
    guest.open(next(one for one in link if "/conferma/" in one))
    cast.here(guest, "confirm-email", "Confirm the e-mail address")
    cast.take(guest, "/conferma/niente", "link-over", "A link that is no longer valid")
    cast.take(guest, "/password", "password-ask", "Password forgotten")
    guest.fill(email=NEW_STUDIO["email"])
    guest.page.locator("main form button[type=submit]").click()
    cast.here(guest, "password-sent", "Password forgotten: look into your mail")
    links = cast.stage.letter("Scegli una nuova password")["links"]
    guest.open(next(one for one in links if "/password/" in one))
    cast.here(guest, "password-choose", "Choose a new password")
    cast.take(guest, "/entra?token=niente", "deep-link-over", "A deep link that is no longer valid")
    cast.take(studio, "/account", "account", "Account")
    cast.take(studio, "/account/persone", "members", "People of the studio")
    studio.fill(email="nuovo@studio-rossi.example")
    studio.press("Manda l’invito")
    cast.here(studio, "members-invited", "People: an invitation is on its way")
    links = cast.stage.letter("ti ha invitato")["links"]
    guest.open(next(one for one in links if "/invito/" in one))
    cast.here(guest, "member-invitation", "The invited person's page")
    cast.take(studio, "/account/token", "tokens", "Tokens for programs")
    studio.fill(name="Gestionale dello studio")
    studio.press("Crea il token")
    cast.here(studio, "tokens-created", "Tokens: shown once")
    cast.take(studio, "/account/secondo-fattore", "second-factor-own", "Second factor of a studio's person")


def buying(cast: Cast) -> None:
    """From the catalogue to an order paid by card."""
    studio, page = cast.studio, cast.studio.page
    cast.album.open_chapter("Buying by card")
    steps.add_to_cart(studio, 3)
    studio.open("/catalogo")
    studio.press("Aggiungi 1.000 fatture")
    cast.here(studio, "cart", "Cart", dark=True)
    studio.press("Rimuovi")
    cast.here(studio, "cart-removed", "Cart: a line taken out can be put back")
    studio.press("Rimettila")
    studio.follow("Vai al pagamento")
    cast.here(studio, "checkout", "Checkout", dark=True)
    page.get_by_text("Modifica i dati").click()
    studio.fill(postal_code="1012", sdi_code="M5UXCR")
    studio.press("Ordine con obbligo di pagare")
    cast.here(studio, "checkout-error", "Checkout: mistakes")
    studio.fill(postal_code="10121", sdi_code="M5UXCR1")
    steps.tick_the_conditions(studio)
    studio.press("Ordine con obbligo di pagare")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pagamento")
    address = page.url
    cast.here(studio, "simulator", "The simulator's page, in place of Stripe's")
    studio.press("Prova una carta rifiutata")
    cast.here(studio, "simulator-declined", "Simulator: card declined")
    studio.open("/ordini")
    page.locator("main a[href*='/ordini/ORD']").first.click()
    cast.here(studio, "order-awaiting-payment", "Order that waits for a card payment")
    studio.follow("Annulla l’ordine")
    cast.here(studio, "order-cancel", "Cancelling says what it does first")
    studio.open(address)
    cast.numbers["fulfilled"] = steps.pay_by_card(studio)
    cast.here(studio, "order-fulfilled", "Order fulfilled", dark=True)
    cast.take(studio, address, "simulator-closed", "Simulator: already paid")


def orders_of_every_kind(cast: Cast) -> None:
    """Orders that are verified, cancelled, listed."""
    studio, page = cast.studio, cast.studio.page
    steps.order(studio, quantity=1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Pagamento")
    studio.open("/ordini")
    page.locator("main a[href*='/ordini/ORD']").first.click()
    number = steps.number_of(studio)
    studio.open(f"/ordini/{number}/esito")
    cast.here(studio, "order-verifying", "Back from the payment page before the money is confirmed")
    studio.open(f"/ordini/{number}/annulla")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator(".g-titles .g-stato")).to_have_text("Annullato")
    cast.here(studio, "order-cancelled", "Order cancelled")
    cast.take(studio, "/ordini", "orders", "Orders")
    cast.take(studio, "/", "studio-home", "Home of a studio")


def activation(cast: Cast) -> None:
    """The five steps, the creation, the company."""
    studio, page, form = cast.studio, cast.studio.page, steps.company_form(500, name="Officina Brambilla S.n.c.")
    cast.album.open_chapter("Activating a coupon")
    cast.take(studio, "/coupon", "coupons", "Coupons in stock", dark=True)
    studio.follow(re.compile("^Attiva [A-Z0-9]"))
    cast.here(studio, "activation-1", "Step 1: tax data")
    steps.fill_step(studio, 1, form | {"vat_number": "00500010150", "tax_code": "ABC"})
    steps.save_and_go_on(studio)
    expect(page.locator(".g-errs")).to_be_focused()
    cast.here(studio, "activation-1-error", "Step 1: a wrong check digit is named")
    for step, caption in enumerate(("", "registered office", "legal representative", "activity, found by words"), 1):
        expect(page.get_by_role("heading", level=1)).to_have_text(steps.HEADINGS[step - 1])
        if step > 1:
            typed = {"ateco_code": "idraul"} if step == 4 else {"postal_code": "20121"}
            steps.fill_step(studio, step, form | typed)
            page.wait_for_timeout(800)
            cast.here(studio, f"activation-{step}", f"Step {step}: {caption}")
        steps.fill_step(studio, step, form)
        steps.save_and_go_on(studio)
    expect(page.get_by_role("heading", level=1)).to_have_text("Riepilogo")
    cast.here(studio, "activation-5", "Step 5: summary, and a word to type", dark=True)
    studio.press(f"Attiva {form['name']}")
    cast.here(studio, "activation-5-error", "Step 5: the word was not typed")
    cast.stage.vendor_will(next=["late"], callback_delay=8)
    steps.activate(studio, form["name"])
    expect(page.locator(".g-titles .g-stato")).to_have_text("Creazione in corso")
    cast.here(studio, "company-creating", "The company is being created; the page follows by itself")
    expect(page.locator(".g-titles .g-stato")).to_have_text("Attiva", timeout=40_000)
    cast.here(studio, "company-ready", "The company is ready")
    cast.stage.vendor_will(callback_delay=2)


def activation_that_fails(cast: Cast) -> None:
    """A refusal, a silence, a draft."""
    studio, page = cast.studio, cast.studio.page
    cast.album.open_chapter("When an activation does not go well")
    refused = steps.company_form(501, name="Panificio Gallo S.n.c.")
    _begin(studio)
    steps.fill_in(studio, refused)
    cast.stage.vendor_will(next=["refuse"])
    steps.activate(studio, refused["name"])
    expect(page.get_by_text("Attivazione non riuscita.").first).to_be_visible()
    cast.here(studio, "company-refused", "The accounting program refused; the coupon is still the studio's")
    silent = steps.company_form(502, name="Tipografia Moretti S.n.c.")
    _begin(studio)
    page.goto(re.sub("/attiva/.*", "/attiva/dati-fiscali", page.url))
    steps.fill_in(studio, silent)
    cast.stage.vendor_will(down=True)
    steps.activate(studio, silent["name"])
    until(lambda: _says(studio, "riproviamo da soli"), "the silence is never told", 40)
    cast.here(studio, "company-retrying", "The accounting program does not answer; it is asked again")
    cast.take(studio, "/supporto", "activities", "Support activities: under way and failed")
    cast.take(studio, "/aziende", "companies", "Companies")
    steps.order(studio, quantity=2)
    steps.pay_by_card(studio)
    _begin(studio)
    studio.fill(name="Bozza di prova")
    studio.press("Continua più tardi")
    cast.here(studio, "coupons-draft", "Coupons: a draft can be resumed on any device")
    studio.open("/coupon?state=all")
    cast.here(studio, "coupons-all", "Coupons in every state")
    studio.follow("Riprendi")
    page.goto(re.sub("/attiva/.*", "/attiva/riepilogo", page.url))
    cast.here(studio, "activation-5-missing", "Summary of an unfinished draft")


def transfers(cast: Cast) -> None:
    """Orders by bank transfer of the other studio, in every state of their money."""
    other, page, stage = cast.other, cast.other.page, cast.stage
    cast.album.open_chapter("Buying by bank transfer")
    other.open("/accedi")
    steps.sign_in(other, OTHER_STUDIO)
    expect(page.get_by_role("heading", level=1)).to_have_text("Centro Servizi Bianchi")
    for name in ("window", "held", "partial", "waiting", "surplus", "expiring"):
        steps.order(other, "bank_transfer", quantity=1)
        cast.numbers[name] = steps.number_of(other)
        cast.numbers[f"{name}-rf"] = page.locator("[data-copy^=RF]").first.get_attribute("data-copy") or ""
    cast.take(other, f"/ordini/{cast.numbers['waiting']}", "transfer", "Instructions and QR code", dark=True)
    proforma = f"{stage.shop}/ordini/{cast.numbers['waiting']}/proforma.pdf"
    cast.album.take_document(page, proforma, "proforma", "Proforma as PDF")
    for name, cents in (("window", 5_978), ("held", 5_978), ("partial", 4_000), ("surplus", 6_978)):
        stage.bank_tells("transfer.received", amount_cents=cents, remittance=f"Saldo {cast.numbers[f'{name}-rf']}")
    stage.letter(f"Manca una parte del pagamento · {cast.numbers['partial']}")
    cast.take(other, f"/ordini/{cast.numbers['partial']}", "transfer-partial", "Less than what was due has arrived")
    until(lambda: _state_of(other, cast.numbers["window"]) == "Pagato", "the transfer is never recorded")
    cast.here(other, "transfer-window", "The transfer is recorded; a countdown runs")


def what_time_does(cast: Cast) -> None:
    """Days pass: late, fulfilled, expired; prices change."""
    other, studio, stage = cast.other, cast.studio, cast.stage
    cast.album.open_chapter("What time does")
    stage.flask("clock", "advance", "25h")
    until(lambda: _state_of(other, cast.numbers["window"]) == "Evaso", "the window never ends", 60)
    cast.here(other, "transfer-fulfilled", "Fulfilled by itself after twelve hours")
    cast.take(other, f"/ordini/{cast.numbers['held']}", "transfer-late", "Held for longer than promised")
    steps.add_to_cart(studio, 1)
    dearer = Path(tempfile.mkdtemp()) / "catalogue.toml"
    dearer.write_text(DEMO_CATALOGUE.read_text().replace('net = "49.00"', 'net = "52.00"'))
    stage.flask("catalogue", "import", str(dearer))
    cast.take(studio, "/carrello", "cart-price-changed", "Cart: a price has changed since it was filled")
    stage.flask("clock", "advance", "12d")
    until(lambda: _state_of(other, cast.numbers["expiring"]) == "Scaduto", "the order never expires", 60)
    cast.here(other, "order-expired", "Order expired")


def _begin(studio: Visitor) -> None:
    studio.open("/coupon")
    studio.follow(re.compile("^(Attiva|Riprendi) [A-Z0-9]"))


def _says(visitor: Visitor, words: str) -> bool:
    visitor.page.reload()
    return words in visitor.page.inner_text("main")


def _state_of(visitor: Visitor, number: str) -> str:
    visitor.open(f"/ordini/{number}")
    return visitor.page.locator(".g-titles .g-stato").inner_text()
