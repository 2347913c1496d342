"""What people do on the pages, told once for every journey and for the pictures."""

import re

from playwright.sync_api import expect

from tests.browser.stage import PASSWORD, until
from tests.browser.visitor import Visitor
from tests.races.numbers import company_fields
from tests.stories import COMPANY_FORM

TICKS = ("terms", "tacit_renewal", "liability_limits")
HEADINGS = ("Dati fiscali", "Sede legale", "Legale rappresentante", "Attività e contatti", "Riepilogo")
STEPS = (
    ("vat_number", "tax_code", "name", "legal_form", "tax_regime"),
    ("street", "city", "postal_code", "province"),
    ("first_name", "last_name", "representative_tax_code", "representative_email"),
    ("ateco_code", "ateco_edition", "accounting_regime", "email", "sdi_code"),
)


def sign_in(visitor: Visitor, email: str) -> None:
    """Sign in on the page that asks for it."""
    visitor.fill(email=email, password=PASSWORD)
    visitor.page.locator("main").get_by_role("button", name="Accedi", exact=True).click()


def pass_second_factor(visitor: Visitor) -> None:
    """Type the code, which a sandbox shows in place of the telephone."""
    code = visitor.page.locator(".g-note .g-code").inner_text()
    visitor.fill(code=code)
    visitor.page.get_by_role("button", name=re.compile("Attiva la verifica|^Accedi$")).last.click()


def add_to_cart(visitor: Visitor, quantity: int = 1) -> None:
    """Put LITE coupons into the cart, which opens."""
    visitor.open("/catalogo")
    visitor.page.locator("#offer-lite-quantity").fill(str(quantity))
    visitor.press("Aggiungi LITE al carrello")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Carrello")


def tick_the_conditions(visitor: Visitor) -> None:
    """Accept the conditions, the onerous clauses each by itself."""
    for name in TICKS:
        visitor.page.locator(f"#{name}").check()


def order(visitor: Visitor, method: str = "stripe", quantity: int = 1) -> None:
    """Order LITE coupons, from the catalogue to the button that obliges to pay."""
    add_to_cart(visitor, quantity)
    visitor.follow("Vai al pagamento")
    visitor.page.locator(f".g-face:has([value={method}]) label").click()
    tick_the_conditions(visitor)
    visitor.press("Ordine con obbligo di pagare")


def number_of(visitor: Visitor) -> str:
    """The number of the order whose page is open."""
    visitor.page.wait_for_url(re.compile(r"/ordini/ORD-"))
    found = re.search(r"ORD-\d{4}-\d+", visitor.page.url)
    assert found is not None
    return found.group(0)


def pay_by_card(visitor: Visitor) -> str:
    """Press the card that works on the simulator's page; answers the number of the order, which is fulfilled."""
    visitor.press("Paga con una carta valida")
    number = number_of(visitor)
    wait_for_state(visitor, "Evaso")
    return number


def wait_for_state(visitor: Visitor, word: str) -> None:
    """Wait until the page says so by itself; without scripts, by asking again as a person would."""
    shown = visitor.page.locator(".g-titles .g-stato")
    if visitor.scripts:
        expect(shown).to_have_text(word, timeout=30_000)
        return
    for _attempt in range(60):
        if shown.inner_text() == word:
            return
        visitor.page.wait_for_timeout(500)
        visitor.page.reload()
    raise AssertionError(f"{visitor.page.url} never said {word}")


def company_form(number: int, **changes: str) -> dict[str, str]:
    """What a person types for the `number`-th company: one that a LITE coupon suits, so nothing is doubtful."""
    suits = {"legal_form": "GENERAL_PARTNERSHIP", "accounting_regime": "SIMPLIFIED"}
    name = {"name": f"Fratelli Brambilla {number} S.n.c."}
    return COMPANY_FORM | company_fields(number) | suits | name | changes


def fill_step(visitor: Visitor, step: int, form: dict[str, str]) -> None:
    """Type one step of the activation form."""
    for name in STEPS[step - 1]:
        control = visitor.page.locator(f"[name={name}]:not([type=hidden])")
        kind = control.first.evaluate("one => one.type")
        if kind == "radio":
            visitor.page.locator(f"[name={name}][value={form[name]}]").check()
        elif kind == "select-one":
            control.select_option(form[name])
        else:
            control.fill(form[name])


def save_and_go_on(visitor: Visitor) -> None:
    """Press what saves the step."""
    visitor.page.locator("button.btn-primary[value=next]").click()


def fill_in(visitor: Visitor, form: dict[str, str]) -> None:
    """All steps of the activation form, as far as the summary."""
    for step, heading in enumerate(HEADINGS[1:], start=1):
        fill_step(visitor, step, form)
        save_and_go_on(visitor)
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text(heading)


def activate(visitor: Visitor, name: str) -> None:
    """Type the word under the summary and press."""
    visitor.fill(confirmation="ATTIVA")
    visitor.press(f"Attiva {name}")
    visitor.page.wait_for_url(re.compile("/aziende/"))


def invite(studio: Visitor, name: str, email: str) -> str:
    """Send an invitation through the studio's form; answers the client's link from the mail."""
    studio.open("/inviti/nuovo")
    studio.fill(client_name=name, client_email=email)
    studio.press("Spedisci l’invito")
    studio.page.wait_for_url(re.compile(r"/inviti$"))
    return link_in_mail(studio, f"ti invita {email}", "/invito/")


def link_in_mail(visitor: Visitor, words: str, path: str) -> str:
    """The link with this path in the newest mail with these words that has one, as soon as it has arrived."""

    def link() -> str:
        links = (one for letter in visitor.stage.letters(words) for one in letter["links"])
        return next((one for one in links if path in one), "")

    found: str = until(link, f"no mail with {words!r} and a link to {path} arrived")
    return found


def accept_as_client(visitor: Visitor, method: str = "stripe") -> None:
    """Choose how to pay and accept everything, on an invited client's last page."""
    visitor.page.locator(f".g-face:has([value={method}]) label").click()
    for name in (*TICKS, "studio"):
        visitor.page.locator(f"#{name}").check()
