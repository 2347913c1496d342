"""Somebody who types faster than the server answers."""

import re
import time

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser import steps
from tests.browser.stage import OTHER_STUDIO, Stage
from tests.browser.visitor import Visitor, a_visitor

pytestmark = [pytest.mark.browser, pytest.mark.sockets]


def test_a_late_answer_fills_the_other_fields_and_not_the_one_being_typed_in(chromium: Browser, stage: Stage) -> None:
    with a_visitor(chromium, stage, 1280) as studio:
        at_the_registered_office(studio, 88)
        page = studio.page
        page.route("**/attiva/sede", _late)
        studio.fill(city="Sesto San Giovanni")
        with page.expect_response("**/attiva/sede"):
            page.locator("#province").focus()
        expect(page.locator("#postal_code")).to_have_value("20099")
        expect(page.locator("#province")).to_have_value("")
        page.keyboard.type("MI")
        expect(page.locator("#province")).to_have_value("MI")
    assert studio.complaints == []


def test_an_overtaken_answer_empties_no_field_that_was_filled_meanwhile(chromium: Browser, stage: Stage) -> None:
    with a_visitor(chromium, stage, 375) as studio:
        at_the_registered_office(studio, 89)
        page = studio.page
        late: list[Route] = []
        page.route("**/attiva/sede", lambda route: late.append(route) if _is_of_city(route) else route.continue_())
        studio.fill(street="Via Garibaldi 1", city="Milano")
        with page.expect_response("**/attiva/sede"):
            studio.fill(postal_code="20121", province="MI")
        expect(page.locator("#postal_code")).to_have_attribute("value", "20121")
        with page.expect_response("**/attiva/sede"):
            late.pop().continue_()
        expect(page.locator("#saved")).to_contain_text("Bozza salvata")
        expect(page.locator("#postal_code")).to_have_value("20121")
        steps.save_and_go_on(studio)
        expect(page.get_by_role("heading", level=1)).to_have_text("Legale rappresentante")
    assert studio.complaints == []


def _is_of_city(route: Route) -> bool:
    """Whether this asks what the page asks when the comune is left."""
    return "checked=city" in (route.request.post_data or "")


def at_the_registered_office(studio: Visitor, number: int) -> None:
    """A coupon is bought and the first step of its activation done."""
    studio.open("/accedi")
    steps.sign_in(studio, OTHER_STUDIO)
    expect(studio.page.get_by_role("heading", level=1)).to_have_text("Centro Servizi Bianchi")
    steps.order(studio)
    steps.pay_by_card(studio)
    studio.open("/coupon")
    studio.follow(re.compile("^Attiva [A-Z0-9]"))
    steps.fill_step(studio, 1, steps.company_form(number))
    steps.save_and_go_on(studio)
    expect(studio.page.get_by_role("heading", level=1)).to_have_text("Sede legale")


def _late(route: Route) -> None:
    time.sleep(0.3)
    route.continue_()
