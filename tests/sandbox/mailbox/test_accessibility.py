"""The mailbox's pages hold WCAG 2.2 AA and fit every width; links in a letter open outside its frame."""

import pytest

from tests.axe import wrong_on
from tests.chromium import shared_chromium
from tests.sandbox.mailbox.stand import Mailbox, letter

pytestmark = [pytest.mark.sockets, pytest.mark.browser]


def _deliver_with_html(mailbox: Mailbox) -> None:
    message = letter("Attività completata con un oggetto piuttosto lungo", Message_ID="<one@gettone.example>")
    link = f'<a href="http://127.0.0.1:{mailbox.http_port}/healthz">Apri</a>'
    message.add_alternative(
        f'<!doctype html><html lang="it"><head><title>Mail</title></head><body><h1>Ciao</h1>{link}</body></html>',
        subtype="html",
    )
    mailbox.deliver(message)
    mailbox.deliver(message)


def test_every_page_is_accessible_and_fits_every_width(mailbox: Mailbox) -> None:
    _deliver_with_html(mailbox)
    page = shared_chromium().new_page()
    found = []
    for path in ("/", "/?q=nessuno", "/messaggi/1"):
        page.goto(f"http://127.0.0.1:{mailbox.http_port}{path}")
        found += wrong_on(page)
    page.close()
    assert found == []


def test_a_link_in_the_html_opens_a_page_of_its_own(mailbox: Mailbox) -> None:
    _deliver_with_html(mailbox)
    page = shared_chromium().new_page()
    page.goto(f"http://127.0.0.1:{mailbox.http_port}/messaggi/1")
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_text("Apri").click()
    shown = opened.value.inner_text("body")
    opened.value.close()
    page.close()
    assert shown == "ok"
