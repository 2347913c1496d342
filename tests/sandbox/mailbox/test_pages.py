"""What a person sees of the letters."""

import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest
from bs4 import BeautifulSoup

from tests.sandbox.mailbox.stand import Mailbox, letter

pytestmark = pytest.mark.sockets

ROOT = Path(__file__).parents[3]


def _subjects(mailbox: Mailbox, path: str) -> list[str]:
    return [link.text for link in BeautifulSoup(mailbox.get(path).text, "html.parser").select("tbody a")]


def test_the_newest_letter_comes_first(mailbox: Mailbox) -> None:
    for number in range(3):
        mailbox.deliver(letter(f"Messaggio {number}"))
    assert _subjects(mailbox, "/") == ["Messaggio 2", "Messaggio 1", "Messaggio 0"]


def test_letters_are_found_by_recipient_and_by_words(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("Coupon pronti", to="anna@studio.example"))
    mailbox.deliver(letter("Perché È scaduto", to="bruno@studio.example"))
    assert _subjects(mailbox, "/?a=Anna@studio.example") == ["Coupon pronti"]
    assert _subjects(mailbox, "/?q=%C3%A8+SCADUTO") == ["Perché È scaduto"]
    assert _subjects(mailbox, "/?q=ORD-2026-000001&a=bruno@studio.example") == ["Perché È scaduto"]
    assert _subjects(mailbox, "/?q=100%25") == []


def test_a_long_list_is_read_in_pages_without_gaps(mailbox: Mailbox) -> None:
    with mailbox.smtp() as connection:
        for number in range(60):
            connection.send_message(letter(f"n {number}"))
    seen: list[str] = []
    path: str | None = "/?q=n"
    while path:
        page = BeautifulSoup(mailbox.get(path).text, "html.parser")
        seen += [link.text for link in page.select("tbody a")]
        older = page.find("a", string="Mostra i più vecchi")
        path = str(older["href"]) if older else None
    assert seen == [f"n {number}" for number in reversed(range(60))]
    assert mailbox.get("/?prima=" + "9" * 30).status == 200
    assert mailbox.get("/messaggi/" + "9" * 30).status == 404


def test_links_in_the_text_can_be_followed(mailbox: Mailbox) -> None:
    mailbox.deliver(letter())
    link = BeautifulSoup(mailbox.get("/messaggi/1").text, "html.parser").select_one(".p-text a")
    assert link is not None
    assert link["href"] == "http://127.0.0.1:8000/ordini/ORD-2026-000001"


def test_the_html_is_shown_where_it_can_do_no_harm(mailbox: Mailbox) -> None:
    message = letter("<script>alert(1)</script>")
    message.add_alternative(
        "<html><head></head><body><script>alert(1)</script><a href='/'>x</a></body></html>", subtype="html"
    )
    mailbox.deliver(message)
    page = BeautifulSoup(mailbox.get("/messaggi/1").text, "html.parser")
    frame = page.select_one("iframe")
    assert frame is not None
    assert "allow-scripts" not in str(frame["sandbox"])
    assert "allow-same-origin" not in str(frame["sandbox"])
    assert not page.select("script")
    inner = mailbox.get(str(frame["src"]))
    policy = inner.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert '<base target="_blank">' in inner.text


@pytest.mark.parametrize("path", ["/", "/messaggi/1"])
def test_pages_need_neither_scripts_nor_inline_styles(mailbox: Mailbox, path: str) -> None:
    mailbox.deliver(letter())
    answer = mailbox.get(path)
    page = BeautifulSoup(answer.text, "html.parser")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not page.select("script, style, [style], [onclick]")
    for sheet in page.select('link[rel="stylesheet"]'):
        assert mailbox.get(str(sheet["href"])).status == 200


def test_a_killed_program_remembers_every_letter_it_took(tmp_path: Path) -> None:
    for expected in (1, 2):
        command = [sys.executable, "-m", "sandbox.mailbox", "--smtp-port", "0", "--http-port", "0"]
        process = subprocess.Popen(
            [*command, "--data", str(tmp_path / "m.sqlite")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        said = process.stdout.readline().decode()
        mailbox = Mailbox(int(said.split("SMTP ")[1].rstrip(")\n")), int(said.split(":")[3].split("/")[0]))
        _wait_until_it_answers(mailbox)
        mailbox.deliver(letter())
        assert len(mailbox.messages()) == expected
        process.kill()
        process.wait()
        process.stdout.close()


def _wait_until_it_answers(mailbox: Mailbox) -> None:
    end = monotonic() + 10
    while monotonic() < end:
        try:
            if mailbox.get("/healthz").status == 200:
                return
        except OSError:
            sleep(0.05)
