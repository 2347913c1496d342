"""The accounting program's pages hold WCAG 2.2 AA and fit every width, light and dark."""

import pytest

from tests.axe import wrong_on
from tests.chromium import shared_chromium
from tests.sandbox.accounting.stand import Accounting, company

pytestmark = [pytest.mark.sockets, pytest.mark.browser]


def test_every_page_is_accessible_and_fits_every_width(accounting: Accounting) -> None:
    accounting.create(company(name="Tessitura Valsesia S.p.A. di un nome lungo"))
    accounting.create(company("c-2", name="RIFIUTA S.r.l."), key="key-2")
    accounting.create(company("c-3", name="TARDI S.r.l."), key="key-3")
    accounting.flush()
    page = shared_chromium().new_page()
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
        found += wrong_on(page)
    page.close()
    assert found == []
