"""The accounting program's pages hold WCAG 2.2 AA and fit every width, light and dark."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.chromium import shared_chromium
from tests.sandbox.accounting.stand import Accounting, company

pytestmark = [pytest.mark.sockets, pytest.mark.browser]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (375, "dark"), (768, "light"), (1280, "dark")])
def test_every_page_is_accessible_and_fits(
    accounting: Accounting, width: int, scheme: Literal["light", "dark"]
) -> None:
    accounting.create(company(name="Tessitura Valsesia S.p.A. di un nome lungo"))
    accounting.create(company("c-2", name="RIFIUTA S.r.l."), key="key-2")
    accounting.create(company("c-3", name="TARDI S.r.l."), key="key-3")
    accounting.flush()
    page = shared_chromium().new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = []
    for path in (
        "/",
        "/?q=nessuno",
        "/aziende/KC-000001",
        "/aziende/KC-000002",
        "/aziende/KC-000003",
        "/apri",
        "/prove",
    ):
        page.goto(f"http://127.0.0.1:{accounting.port}{path}")
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        violations = [one["id"] for one in Axe().run(page, options=RULES).response["violations"]]
        found += [(path, violations, overflow)] if violations or overflow > 0 else []
    page.close()
    assert found == []
