"""The frame of every mail: one column, one button, nothing loaded from outside."""

import re

from bs4 import BeautifulSoup

from tests.look.bare import mail

LIGHT_ENOUGH = 100_000


def test_a_mail_is_light_and_loads_nothing() -> None:
    text = mail("html")
    assert len(text.encode()) <= LIGHT_ENOUGH
    assert re.search(r"<img|<script|<link|url\(", text) is None


def test_a_mail_has_one_button_and_its_address_in_full() -> None:
    page = BeautifulSoup(mail("html"), "html.parser")
    assert [button["href"] for button in page.select(".m-btn")] == ["https://gettone.example/ordini/ORD-2026-000123"]
    assert page.select_one(".m-link").text == page.select_one(".m-btn")["href"]  # type: ignore[union-attr,index]


def test_a_mail_names_its_order_its_seller_and_the_simulator() -> None:
    for kind in ("html", "txt"):
        text = mail(kind)
        for told in (
            "ORD-2026-000123",
            "Demo Software S.r.l.",
            "07643520567",
            "SIMULATORE - nessun pagamento reale",
            "179,34",
        ):
            assert told in text


def test_a_mail_can_be_read_in_the_dark() -> None:
    page = BeautifulSoup(mail("html"), "html.parser")
    assert page.select_one("meta[name=color-scheme]")["content"] == "light dark"  # type: ignore[index]
    assert "prefers-color-scheme:dark" in page.style.text  # type: ignore[union-attr]


def test_the_text_twin_holds_no_markup_and_no_long_gaps() -> None:
    text = mail("txt")
    assert re.search(r"<[a-z]|&[a-z]+;|&#", text) is None
    assert "\n\n\n\n" not in text
    assert "Apri l’ordine:\nhttps://gettone.example/ordini/ORD-2026-000123" in text
