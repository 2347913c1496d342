"""The whole story in a browser: a studio buys by card, activates a coupon, and the company exists at the vendor's."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.axe import violations
from tests.browser import steps
from tests.browser.stage import STUDIO, Stage
from tests.browser.visitor import Visitor, a_visitor

pytestmark = [pytest.mark.browser, pytest.mark.sockets]

TINY = 'style="display:inline-block;width:8px;height:8px"'
BAD_PAGE = f"""<!doctype html><title></title><p style="color:#eee">Chiaro</p><img src="x.png"><input>
<a href="#a" {TINY}></a><a href="#b" {TINY}></a>"""


def test_the_checker_sees_a_bad_page(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(BAD_PAGE)
    found = {one.partition(":")[0] for one in violations(page)}
    page.close()
    assert {
        "color-contrast",
        "document-title",
        "html-has-lang",
        "image-alt",
        "label",
        "link-name",
        "target-size",
    } <= found


@pytest.mark.parametrize("width", [1280, 375])
def test_a_studio_buys_by_card_and_the_company_exists_in_the_accounting_program(
    chromium: Browser, stage: Stage, width: int, record_property: Callable[[str, object], None]
) -> None:
    with a_visitor(chromium, stage, width) as studio:
        a_visitor_fills_the_cart_and_signs_in(studio)
        number = the_order_is_placed_after_a_mistake_and_paid(studio)
        three_mails_tell_it(studio, number)
        name = a_coupon_is_activated_step_by_step(studio, number=width)
        the_company_is_created_before_their_eyes(studio, name)
        the_accounting_program_shows_it_and_leads_back(studio, name)
    record_property("browser.axe_runs", studio.axe_runs)
    assert studio.complaints == []


def a_visitor_fills_the_cart_and_signs_in(studio: Visitor) -> None:
    page = studio.page
    studio.open("/")
    studio.check()
    studio.follow("Apri il catalogo")
    studio.check("Catalogo")
    studio.press("Aggiungi LITE al carrello")
    expect(page.get_by_role("heading", level=1)).to_have_text("Carrello")
    studio.press("Uno in più: Coupon LITE")
    expect(page.locator(".g-due")).to_have_text("119,56\u00a0€")
    studio.check()
    studio.follow("Vai al pagamento")
    studio.check("Accedi")
    steps.sign_in(studio, STUDIO)


def the_order_is_placed_after_a_mistake_and_paid(studio: Visitor) -> str:
    page = studio.page
    studio.check("Pagamento")
    studio.press("Ordine con obbligo di pagare · 119,56 €")
    expect(page.locator(".g-errs")).to_be_focused()
    expect(page).to_have_title(re.compile("^Errore: "))
    studio.check()
    steps.tick_the_conditions(studio)
    studio.press("Ordine con obbligo di pagare · 119,56 €")
    expect(page.locator(".due")).to_have_text("119,56\u00a0€")
    studio.check()
    studio.press("Prova una carta rifiutata")
    expect(page.get_by_role("alert")).to_contain_text("Non hai pagato nulla")
    studio.check()
    number = steps.pay_by_card(studio)
    expect(page.locator(".g-time")).to_contain_text("Coupon emessi")
    studio.check()
    return number


def three_mails_tell_it(studio: Visitor, number: str) -> None:
    ready = studio.stage.letter(f"Coupon pronti · {number}")
    assert {letter["subject"].partition(" · ")[0] for letter in studio.stage.letters(number)} == {
        "Ordine ricevuto", "Pagamento registrato", "Coupon pronti",
    }  # fmt: skip
    studio.open(f"{studio.stage.mailbox}/")
    expect(studio.page.get_by_role("link", name=f"Coupon pronti · {number}")).to_be_visible()
    studio.check()
    studio.open(f"{studio.stage.mailbox}/messages/{ready['id']}")
    studio.check()


def a_coupon_is_activated_step_by_step(studio: Visitor, number: int) -> str:
    page, form = studio.page, steps.company_form(number)
    studio.open("/ordini")
    studio.check()
    studio.open("/coupon")
    studio.check()
    studio.follow(re.compile("^Attiva [A-Z0-9]"))
    steps.fill_step(studio, 1, form | {"vat_number": form["vat_number"][:-1] + "x"})
    steps.save_and_go_on(studio)
    expect(page.locator(".g-errs")).to_be_focused()
    expect(page.locator("#vat_number")).to_have_attribute("aria-invalid", "true")
    studio.check()
    for step in range(1, 5):
        studio.check(steps.HEADINGS[step - 1])
        steps.fill_step(studio, step, form)
        steps.save_and_go_on(studio)
    studio.check("Riepilogo")
    expect(page.get_by_text(form["vat_number"]).first).to_be_visible()
    studio.press(f"Attiva {form['name']}")
    expect(page.locator("#confirmation")).to_have_attribute("aria-invalid", "true")
    studio.check()
    return form["name"]


def the_company_is_created_before_their_eyes(studio: Visitor, name: str) -> None:
    studio.stage.vendor_will(next=["late"])
    steps.activate(studio, name)
    shown = studio.page.locator(".g-titles .g-stato")
    expect(shown).to_have_text("Creazione in corso")
    studio.check()
    expect(shown).to_have_text("Attiva", timeout=30_000)
    studio.check()
    assert studio.stage.letter(name)["subject"] == f"{name} è attiva"
    studio.open("/aziende")
    expect(studio.page.get_by_role("link", name=name, exact=True)).to_be_visible()
    studio.check()


def the_accounting_program_shows_it_and_leads_back(studio: Visitor, name: str) -> None:
    page = studio.page
    studio.open(studio.stage.accounting)
    studio.check()
    studio.follow(name)
    studio.check(name)
    studio.follow("Apri Gettone")
    studio.check("Apri Gettone")
    studio.context.clear_cookies()
    studio.follow("Apri Attività di supporto")
    studio.check("Entra in Gettone")
    studio.press("Entra e apri Attività di supporto")
    studio.check("Attività di supporto")
    assert page.url == f"{studio.stage.shop}/supporto"
