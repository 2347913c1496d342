"""An invited client on a phone: from the link in the mail to an account, each page seen by axe (F003-14 to -17)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import steps
from tests.browser.stage import STUDIO, Stage
from tests.browser.visitor import Visitor, a_visitor

pytestmark = [pytest.mark.browser, pytest.mark.sockets]

CLIENT = "cliente@telefono.example"


def test_an_invited_client_buys_its_company_on_a_phone_and_has_an_account(
    chromium: Browser, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    with a_visitor(chromium, stage, 1280) as studio:
        studio.open("/accedi")
        steps.sign_in(studio, STUDIO)
        expect(studio.page.get_by_role("heading", level=1)).to_have_text("Studio Rossi")
        link = steps.invite(studio, "Cliente al Telefono", CLIENT)
    with a_visitor(chromium, stage, 375) as client:
        form = steps.company_form(801)
        the_company_is_filled_in_from_the_mail(client, link, form)
        the_client_accepts_after_a_mistake_and_pays(client)
        the_company_exists_and_the_client_comes_in(client, form["name"])
    record_property("browser.axe_runs", client.axe_runs)
    assert client.complaints == []


def the_company_is_filled_in_from_the_mail(client: Visitor, link: str, form: dict[str, str]) -> None:
    client.open(link)
    client.check("Studio Rossi ti invita ad attivare Contabilità LITE")
    client.press("Continua con i dati dell’azienda")
    for step in range(1, 5):
        client.check(steps.HEADINGS[step - 1])
        steps.fill_step(client, step, form)
        steps.save_and_go_on(client)
    client.check("Riepilogo")
    expect(client.page.get_by_text("A carico della tua azienda").first).to_be_visible()


def the_client_accepts_after_a_mistake_and_pays(client: Visitor) -> None:
    client.follow("Vai al pagamento")
    client.check("Pagamento")
    client.press("Ordine con obbligo di pagare · 59,78 €")
    expect(client.page.locator(".g-errs")).to_be_focused()
    client.check()
    steps.accept_as_client(client)
    client.press("Ordine con obbligo di pagare · 59,78 €")
    expect(client.page.locator(".due")).to_have_text("59,78\u00a0€")
    client.press("Paga con una carta valida")
    client.page.wait_for_url(re.compile("/stato"))
    client.check()


def the_company_exists_and_the_client_comes_in(client: Visitor, name: str) -> None:
    expect(client.page.locator(".g-titles .g-stato")).to_have_text("Azienda creata", timeout=40_000)
    client.check()
    client.open(steps.link_in_mail(client, f"crea il tuo accesso {CLIENT}", "/invito/persona/"))
    client.check(f"Il tuo accesso a {name}")
    client.fill(name="Cliente al Telefono", password="un cavallo giallo in cortile")
    client.press("Accetta l’invito")
    client.page.wait_for_load_state()
    client.check()
    expect(client.page.locator("main")).to_contain_text(name)
