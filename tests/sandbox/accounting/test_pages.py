"""What a person sees, and the signed way into the shop."""

import base64
import hmac
import json
import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.sandbox.accounting.stand import SECRET, Accounting, Shop, company, running_accounting

pytestmark = pytest.mark.sockets


def _page(accounting: Accounting, path: str) -> BeautifulSoup:
    answer = accounting.send("GET", path)
    assert answer.status == 200
    return BeautifulSoup(answer.body, "html.parser")


def _texts(page: BeautifulSoup) -> str:
    return " ".join(page.get_text(" ").split())


def test_the_list_shows_what_each_company_has(accounting: Accounting) -> None:
    accounting.create(company())
    row = _texts(_page(accounting, "/"))
    for shown in (
        "Panificio Gallo S.n.c.",
        "07643520567",
        "LITE",
        "Completa",
        "documenti 500",
        "01/01/2026",
        "31/12/2026",
        "Studio Rossi",
        "Attiva",
    ):
        assert shown in row


@pytest.mark.parametrize("words", ["gallo", "PANIFICIO gallo", "0764352", "c-1", "%C3%A8"])
def test_searching_finds_a_company_by_any_of_its_names(accounting: Accounting, words: str) -> None:
    accounting.create(company(name="Panificio Gallo È S.n.c."))
    accounting.create(company("x-2", company={"name": "Officina", "tax_code": "BRMMRA80A01F205X"}), key="key-2")
    found = _page(accounting, f"/?q={words.replace(' ', '+')}").select("tbody a")
    assert [link.text for link in found] == ["Panificio Gallo È S.n.c."]


def test_a_long_list_is_read_in_pages_without_gaps(accounting: Accounting) -> None:
    for number in range(60):
        accounting.create(company(f"c-{number}", name=f"Azienda {number}"), key=f"k-{number}")
    seen: list[str] = []
    path: str | None = "/"
    while path:
        page = _page(accounting, path)
        seen += [link.text for link in page.select("tbody a")]
        older = page.find("a", string="Mostra le più vecchie")
        path = str(older["href"]) if older else None
    assert seen == [f"Azienda {number}" for number in reversed(range(60))]


def test_a_company_shows_everything_received_and_its_history(accounting: Accounting, shop: Shop) -> None:
    shop.answers = [500]
    accounting.create(company(name="TARDI S.r.l.", extra="tenuto"))
    accounting.flush()
    accounting.clock.now += 1
    accounting.flush()
    accounting.clock.now += 1
    accounting.signed("PATCH", "/companies/c-1", {"plan": "CORPORATE"}, "p-1")
    text = _texts(_page(accounting, "/aziende/KC-000001"))
    for shown in (
        "tenuto",
        "Via Esempio 1",
        "POST /companies",
        "piano: LITE → CORPORATE",
        "company.ready",
        "consegnato",
    ):
        assert shown in text
    assert text.count("Avviso al negozio") >= 2
    assert accounting.send("GET", "/aziende/KC-000009").status == 404


def test_names_are_shown_as_text_and_never_as_markup(accounting: Accounting) -> None:
    accounting.create(company(name="<b>Gallo</b>"))
    for path in ("/", "/aziende/KC-000001"):
        assert "<b>Gallo" not in accounting.send("GET", path).body


@pytest.mark.parametrize("path", ["/", "/aziende/KC-000001", "/apri", "/prove"])
def test_pages_need_neither_scripts_nor_inline_styles(accounting: Accounting, path: str) -> None:
    accounting.create(company())
    answer = accounting.send("GET", path)
    page = BeautifulSoup(answer.body, "html.parser")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not page.select("script, style, [style], [onclick]")
    for sheet in page.select('link[rel="stylesheet"]'):
        assert accounting.send("GET", str(sheet["href"])).status == 200


def test_the_trial_page_names_the_words_that_change_the_answer(accounting: Accounting) -> None:
    accounting.send("GET", "/companies/c-1")
    text = _texts(_page(accounting, "/prove"))
    for word in ("RIFIUTA", "TARDI", "PERSA", "firma non valida"):
        assert word in text


def test_each_door_opens_the_shop_with_a_fresh_signed_token(tmp_path: Path) -> None:
    with running_accounting(tmp_path / "a.sqlite", "http://shop.example/") as accounting:
        doors = _page(accounting, "/apri").select("main a")
        answers = [accounting.send("GET", str(door["href"])) for door in doors]
        now = int(accounting.clock())
    claims = [_claims(answer.headers["Location"]) for answer in answers]
    assert [answer.status for answer in answers] == [302, 302, 302]
    assert [claim["to"] for claim in claims] == ["/catalogo", "/coupon", "/supporto"]
    assert {claim["studio"] for claim in claims} == {"CS-0001"}
    assert {claim["user"] for claim in claims} == {"owner@studio-rossi.example"}
    assert {claim["exp"] for claim in claims} == {now + 120}
    assert len({claim["nonce"] for claim in claims}) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", str(claim["nonce"])) for claim in claims)


def test_a_door_opens_for_the_studio_that_was_typed(accounting: Accounting) -> None:
    door = _page(accounting, "/apri?studio=CS-0002&user=anna%40studio.example").select_one("main a")
    assert door is not None
    claim = _claims(accounting.send("GET", str(door["href"])).headers["Location"])
    assert (claim["studio"], claim["user"]) == ("CS-0002", "anna@studio.example")


@pytest.mark.parametrize(("path", "status"), [("/?prima=9" + "9" * 30, 200), ("/?prima=-4", 200), ("/?prima=x", 200)])
def test_a_page_number_without_sense_is_no_failure(accounting: Accounting, path: str, status: int) -> None:
    assert accounting.send("GET", path).status == status
    assert accounting.send("GET", "/aziende/KC-" + "9" * 30).status == 404


def test_there_is_no_door_to_anywhere_else(accounting: Accounting) -> None:
    assert accounting.send("GET", "/apri/admin").status == 404


def _claims(location: str) -> dict[str, object]:
    """Read a deep link as the shop does: the signature first, over the first part as it was sent."""
    assert urlsplit(location).path == "/entra"
    first, _, second = parse_qs(urlsplit(location).query)["token"][0].partition(".")
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.urlsafe_b64encode(hmac.digest(key, first.encode(), sha256)).decode().rstrip("=")
    assert second == expected
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    assert set(claims) == {"studio", "user", "to", "exp", "nonce"}
    return claims
