"""An order paid by bank transfer in a browser: instructions, the bank's letter, the window, finance releases it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import steps
from tests.browser.stage import FINANCE, OTHER_STUDIO, Stage
from tests.browser.visitor import Visitor, a_visitor
from tests.shop.orders.qr_reading import grid_of, text_in

pytestmark = [pytest.mark.browser, pytest.mark.sockets]


@pytest.mark.parametrize("width", [375, 1280])
def test_a_transfer_is_instructed_recorded_released_and_fulfilled(
    chromium: Browser, stage: Stage, width: int, record_property: Callable[[str, object], None]
) -> None:
    with a_visitor(chromium, stage, width) as studio, a_visitor(chromium, stage, width) as finance:
        number, instructions = an_order_with_instructions(studio)
        every_field_can_be_copied_and_scanned(studio, instructions)
        the_bank_tells_of_the_transfer(studio, number, instructions)
        finance_releases_the_order(finance, number)
        expect(studio.page.locator(".g-titles .g-stato")).to_have_text("Evaso")
        studio.check()
    record_property("browser.axe_runs", studio.axe_runs + finance.axe_runs)
    assert studio.complaints + finance.complaints == []


def an_order_with_instructions(studio: Visitor) -> tuple[str, dict[str, str]]:
    """Answers the number, and what the copy buttons hold by their label."""
    studio.open("/accedi")
    steps.sign_in(studio, OTHER_STUDIO)
    studio.check("Centro Servizi Bianchi")
    steps.order(studio, "bank_transfer")
    number = steps.number_of(studio)
    expect(studio.page.locator(".g-titles .g-stato")).to_have_text("In attesa del bonifico")
    studio.check()
    rows = studio.page.locator("section[aria-labelledby=transfer] .g-copy").all()
    held = {row.locator("dt").inner_text(): row.locator("button").get_attribute("data-copy") or "" for row in rows}
    return number, held


def every_field_can_be_copied_and_scanned(studio: Visitor, instructions: dict[str, str]) -> None:
    page = studio.page
    assert list(instructions) == ["Beneficiario", "IBAN", "Causale", "Importo"]
    for label, held in instructions.items():
        page.get_by_role("button", name=f"Copia {label}").click()
        expect(page.get_by_role("button", name=f"Copiato {label}")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == held
    if studio.width < 400:
        page.get_by_text("Paga da un altro dispositivo").click()
    code = page.get_by_role("img", name="Codice QR con i dati del bonifico").filter(visible=True)
    size = int((code.get_attribute("viewBox") or "").split()[-1])
    lines = text_in(grid_of(code.locator("path").get_attribute("d") or "", size)).split("\n")
    assert lines[:4] == ["BCD", "002", "1", "SCT"]
    assert [lines[5], lines[6], lines[9]] == [
        instructions["Beneficiario"],
        instructions["IBAN"],
        instructions["Causale"],
    ]
    assert lines[7] == f"EUR{instructions['Importo']}".rstrip("0")


def the_bank_tells_of_the_transfer(studio: Visitor, number: str, instructions: dict[str, str]) -> None:
    page, reference = studio.page, instructions["Causale"]
    letter = studio.stage.letter(f"Ordine ricevuto · {number}")
    assert reference in letter["text"]
    cents = int(instructions["Importo"].replace(".", ""))
    studio.stage.bank_tells("transfer.received", amount_cents=cents, remittance=f"Saldo {reference}")
    studio.stage.letter(f"Pagamento registrato · {number}")
    page.reload()
    expect(page.locator(".g-titles .g-stato")).to_have_text("Pagato")
    expect(page.locator("#window ~ p time")).to_have_text(re.compile("^(12 ore|11 ore e 5\\d minuti)$"))
    studio.check()


def finance_releases_the_order(finance: Visitor, number: str) -> None:
    page = finance.page
    finance.open("/accedi")
    steps.sign_in(finance, FINANCE)
    finance.check("Verifica in due passaggi")
    steps.pass_second_factor(finance)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ciao")
    finance.open("/desk/finanza")
    expect(page.get_by_role("link", name=number, exact=True)).to_be_visible()
    finance.check()
    finance.follow(f"Evadi ora {number}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    finance.check()
    finance.press("Evadi l’ordine")
    expect(page.get_by_text(f"Ordine {number} evaso.")).to_be_visible()
    finance.open("/desk/finanza?vista=movimenti")
    finance.check()
    page.locator(".g-match a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bonifico di")
    finance.check()
