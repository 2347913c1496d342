"""The card story with scripts switched off: every page works the same, only less kindly."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import steps
from tests.browser.stage import STUDIO, Stage
from tests.browser.visitor import Visitor, a_visitor

pytestmark = [pytest.mark.browser, pytest.mark.sockets]


def test_without_scripts_a_studio_buys_activates_and_sees_its_company(chromium: Browser, stage: Stage) -> None:
    with a_visitor(chromium, stage, 375, scripts=False) as studio:
        a_cart_is_filled_and_changed_by_plain_forms(studio)
        steps.tick_the_conditions(studio)
        studio.press("Ordine con obbligo di pagare · 119,56 €")
        steps.pay_by_card(studio)
        form = steps.company_form(77)
        a_company_is_found_and_confirmed(studio, form)
        stage.vendor_will(next=["late"])
        steps.activate(studio, form["name"])
        # The page asks for itself again, and has a link for who does not want to wait.
        expect(studio.page.get_by_role("link", name="Aggiorna")).to_be_visible()
        steps.wait_for_state(studio, "Attiva")
        assert studio.complaints == []


def a_cart_is_filled_and_changed_by_plain_forms(studio: Visitor) -> None:
    page = studio.page
    studio.open("/catalogo")
    studio.press("Aggiungi LITE al carrello")
    studio.press("Uno in più: Coupon LITE")
    studio.press("Uno in più: Coupon LITE")
    expect(page.get_by_label("Quantità: Coupon LITE")).to_have_value("3")
    page.get_by_label("Quantità: Coupon LITE").fill("2")
    studio.press("Aggiorna Coupon LITE")
    expect(page.locator(".g-due")).to_have_text("119,56\u00a0€")
    studio.press("Rimuovi Coupon LITE")
    expect(page.get_by_role("heading", name="Il carrello è vuoto")).to_be_visible()
    studio.press("Rimettila")
    studio.follow("Vai al pagamento")
    steps.sign_in(studio, STUDIO)


def a_company_is_found_and_confirmed(studio: Visitor, form: dict[str, str]) -> None:
    page = studio.page
    studio.open("/coupon")
    studio.follow(re.compile("^Attiva [A-Z0-9]"))
    steps.fill_step(studio, 1, form)
    steps.save_and_go_on(studio)
    studio.fill(street=form["street"], city="Sesto San")
    studio.press("Cerca comune")
    page.get_by_label("Sesto San Giovanni (MI)").check()
    steps.save_and_go_on(studio)
    steps.fill_step(studio, 3, form)
    steps.save_and_go_on(studio)
    steps.fill_step(studio, 4, form | {"ateco_code": "idraulici"})
    studio.press("Cerca", exact=True)
    page.get_by_role("group", name="Attività trovate").get_by_role("radio").first.check()
    steps.save_and_go_on(studio)
    expect(page.get_by_role("heading", level=1)).to_have_text("Riepilogo")
    expect(page.get_by_text("Sesto San Giovanni (MI)")).to_be_visible()
