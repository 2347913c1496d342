"""A company adds a module in a browser: both outcomes before the choice, paid by card, then seats for its people."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import steps
from tests.browser.stage import Stage
from tests.browser.visitor import Visitor, a_visitor

pytestmark = [pytest.mark.browser, pytest.mark.sockets]

OWNER = "owner@brambilla.example"
# The two widths may share one company: each adds a module of its own, and leaves the active services as they are.
MODULES = {375: "Documenti", 1280: "Ordini elettronici"}


@pytest.mark.parametrize("width", MODULES)
def test_a_company_adds_a_module_and_seats_its_people(
    chromium: Browser, stage: Stage, width: int, record_property: Callable[[str, object], None]
) -> None:
    with a_visitor(chromium, stage, width) as owner:
        the_module_goes_into_the_cart(owner, MODULES[width])
        the_choice_is_made_with_the_keyboard(owner)
        it_is_paid_and_runs(owner, MODULES[width])
        somebody_is_invited_to_a_seat(owner)
    record_property("browser.axe_runs", owner.axe_runs)
    assert owner.complaints == []


def the_module_goes_into_the_cart(owner: Visitor, module: str) -> None:
    owner.open("/accedi")
    steps.sign_in(owner, OWNER)
    owner.follow("Vedi i servizi")
    owner.check("I tuoi servizi")
    owner.press(f"Aggiungi modulo {module}")
    owner.check("Carrello")


def the_choice_is_made_with_the_keyboard(owner: Visitor) -> None:
    """Arrows move between the outcomes, the total follows, and the focus stays where it is."""
    page = owner.page
    faces, due = page.locator(".g-face"), page.locator(".g-due")
    on, off = (faces.nth(place).locator(".g-price b").inner_text() for place in range(2))
    assert on != off
    expect(due).to_have_text(on)
    choice = page.get_by_role("radio", name="Attivata", exact=True)
    choice.focus()
    page.keyboard.press("ArrowDown")
    expect(due).to_have_text(off)
    expect(page.get_by_role("radio", name="Disattivata", exact=True)).to_be_focused()
    expect(page.get_by_role("radio", name="Disattivata", exact=True)).to_be_checked()
    owner.check()


def it_is_paid_and_runs(owner: Visitor, module: str) -> None:
    owner.follow("Vai al pagamento")
    owner.check("Pagamento")
    steps.tick_the_conditions(owner)
    owner.press("Ordine con obbligo di pagare")
    expect(owner.page.get_by_role("heading", level=1)).to_have_text("Pagamento")
    steps.pay_by_card(owner)
    owner.check()
    owner.open("/servizi")
    expect(owner.page.get_by_role("button", name=f"Rinnova {module}")).to_be_visible()
    owner.check("I tuoi servizi")


def somebody_is_invited_to_a_seat(owner: Visitor) -> None:
    email = f"aiuto-{owner.width}@brambilla.example"
    owner.follow("Gestisci le utenze")
    owner.check("Utenze")
    owner.fill(email=email)
    owner.press("Manda l’invito")
    expect(owner.page.get_by_role("link", name=f"Gestisci {email}")).to_be_visible()
    owner.check()
