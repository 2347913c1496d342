"""What scripts add to a page, watched in Chromium under the strict content policy."""

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.sockets]


COUNT_INSTEAD_OF_SENDING = """document.addEventListener("submit", (event) => {
  window.sent = (window.sent || 0) + (event.defaultPrevented ? 0 : 1);
  event.preventDefault();
})"""


@pytest.fixture
def page(chromium: Browser, address: str) -> Page:
    context = chromium.new_context(base_url=address, locale="it-IT")
    context.set_default_timeout(10_000)
    return context.new_page()


def test_a_live_part_asks_again_until_it_is_done_and_then_stops(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/lento")
    expect(page.get_by_text("Richiesta 3")).to_be_visible()
    so_far = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == so_far
    assert page.locator("#live [hx-get]").count() == 0


def test_copy_buttons_appear_with_scripts_and_copy_the_machine_form(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    button = page.get_by_role("button", name="Copia IBAN")
    button.click()
    expect(page.get_by_role("button", name="Copiato IBAN")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "IT60X0542811101000000123456"


def test_without_scripts_no_button_is_shown_that_would_do_nothing(chromium: Browser, address: str) -> None:
    page = chromium.new_context(base_url=address, java_script_enabled=False).new_page()
    page.goto("/")
    assert page.locator("[data-copy]").count() > 0
    assert page.locator("[data-copy]:visible").count() == 0


def test_the_error_summary_has_the_focus_and_leads_to_its_fields(page: Page) -> None:
    page.goto("/errori")
    expect(page.locator(".g-errs")).to_be_focused()
    page.get_by_role("link", name="Scegli a chi va il credito.").click()
    expect(page.get_by_role("radio", name="Allo studio")).to_be_focused()


def test_a_second_click_sends_no_second_form(page: Page) -> None:
    page.goto("/")
    page.evaluate(COUNT_INSTEAD_OF_SENDING)
    button = page.get_by_role("button", name="Ordine con obbligo di pagare")
    button.dblclick()
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("aria-busy", "true")
    assert page.evaluate("window.sent") == 1


def test_the_time_left_is_counted_by_the_servers_clock(page: Page) -> None:
    page.goto("/")
    expect(page.locator("[data-until]").first).to_have_text("6 giorni e 4 ore")
    expect(page.locator("[data-until]").last).to_have_text("scaduto")


def test_nothing_on_a_page_is_refused_by_the_strict_content_policy(page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/", wait_until="networkidle")
    page.goto("/errori", wait_until="networkidle")
    assert said == []
