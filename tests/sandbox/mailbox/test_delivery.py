"""Letters handed over by SMTP arrive whole, once, and survive a restart."""

import smtplib
import socket
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.sandbox.mailbox.stand import Mailbox, letter, running_mailbox

pytestmark = pytest.mark.sockets


def test_a_delivered_letter_is_kept(mailbox: Mailbox) -> None:
    mailbox.deliver(letter(Message_ID="<order-1@gettone.example>"))
    (kept,) = mailbox.messages()
    assert (kept["subject"], kept["from"]) == ("Ordine ricevuto", "negozio@gettone.example")
    assert kept["to"] == ["owner@studio-rossi.example"]
    assert kept["message_id"] == "<order-1@gettone.example>"
    assert kept["links"] == ["http://127.0.0.1:8000/ordini/ORD-2026-000001"]


@pytest.mark.parametrize("subject", ["Attività è già pronta · 179,34 €", "日本語", "a" * 300 + "è"])
def test_a_subject_in_any_language_arrives(mailbox: Mailbox, subject: str) -> None:
    mailbox.deliver(letter(subject))
    assert mailbox.messages()[0]["subject"] == subject


def test_headers_and_addresses_in_plain_utf8_arrive(mailbox: Mailbox) -> None:
    with mailbox.smtp() as connection:
        connection.ehlo()
        message = "Subject: Perché\r\nTo: niccolò@esempio.it\r\n\r\nÈ così.\r\n"
        connection.sendmail("a@b.it", ["niccolò@esempio.it"], message.encode(), ["SMTPUTF8", "BODY=8BITMIME"])
    (kept,) = mailbox.messages("?to=niccol%C3%B2@esempio.it")
    assert (kept["subject"], kept["text"]) == ("Perché", "È così.\r\n")


def test_a_letter_in_several_parts_is_taken_apart(mailbox: Mailbox) -> None:
    message = letter()
    message.add_alternative('<p>Ciao <a href="http://127.0.0.1:8000/coupon?a=1&amp;b=2">apri</a></p>', subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Ordine è.pdf")
    mailbox.deliver(message)
    (kept,) = mailbox.messages()
    assert kept["text"].startswith("Ciao,")
    assert kept["html"].startswith("<p>Ciao")
    assert kept["links"][1] == "http://127.0.0.1:8000/coupon?a=1&b=2"
    assert kept["attachments"] == [{"name": "Ordine è.pdf", "type": "application/pdf", "size": 8}]
    attachment = mailbox.get(f"/messaggi/{kept['id']}/allegati/0")
    assert attachment.body == b"%PDF-1.7"
    assert attachment.headers["Content-Disposition"].startswith("attachment")
    assert mailbox.get(f"/messaggi/{kept['id']}/allegati/1").status == 404


@pytest.mark.parametrize("text", [".", "..", ".a\r\n.\tb\r\n..c", "x" * 10_000, "y" * 4094 + "\r\n.z"])
def test_lines_that_begin_with_a_dot_come_back_as_they_were(mailbox: Mailbox, text: str) -> None:
    raw = f"Subject: punti\r\n\r\n{text}\r\n".encode()
    with mailbox.smtp() as connection:
        connection.sendmail("a@b.it", ["c@d.it"], raw)
    original = mailbox.get("/messaggi/1/originale").body
    assert original == b"\r\n".join(raw.splitlines()) + b"\r\n"


def test_a_dot_after_a_bare_line_feed_does_not_end_the_letter(mailbox: Mailbox) -> None:
    with socket.create_connection(("127.0.0.1", mailbox.smtp_port), timeout=5) as plain, plain.makefile("rwb") as wire:
        hidden = b"Subject: uno\r\n\r\na\n.\r\nMAIL FROM:<x@y.it>\r\nb\r\n.\r\n"
        for line in (
            b"HELO shop\r\n",
            b"MAIL FROM:<a@b.it>\r\n",
            b"RCPT TO:<c@d.it>\r\n",
            b"DATA\r\n",
            hidden,
            b"QUIT\r\n",
        ):
            wire.write(line)
        wire.flush()
        answers = [line[:3] for line in wire]
    assert answers == [b"220", b"250", b"250", b"250", b"354", b"250", b"221"]
    assert b"MAIL FROM" in mailbox.get("/messaggi/1/originale").body


def test_the_same_message_id_is_one_letter_with_a_count(mailbox: Mailbox) -> None:
    message = letter(Message_ID="<one@gettone.example>")
    message.add_alternative("<p>Ciao</p>", subtype="html")
    mailbox.deliver(message)
    mailbox.deliver(message)
    mailbox.deliver(letter("Altro", to="socio@studio-rossi.example", Message_ID="<one@gettone.example>"))
    (kept,) = mailbox.messages()
    assert (kept["copies"], kept["changed_copies"], kept["subject"]) == (3, 1, "Ordine ricevuto")
    assert kept["to"] == ["owner@studio-rossi.example", "socio@studio-rossi.example"]
    assert "Arrivato 3 volte" in mailbox.get("/messaggi/1").text


def test_letters_without_a_message_id_stay_apart(mailbox: Mailbox) -> None:
    mailbox.deliver(letter())
    mailbox.deliver(letter())
    assert [one["copies"] for one in mailbox.messages()] == [1, 1]


def test_several_letters_in_one_conversation_go_to_their_own_people(mailbox: Mailbox) -> None:
    with mailbox.smtp() as connection:
        connection.sendmail("a@b.it", ["one@d.it", "two@d.it"], b"Subject: 1\r\n\r\n")
        connection.rset()
        connection.sendmail("a@b.it", ["THREE@d.it"], b"Subject: 2\r\n\r\n")
        assert connection.noop()[0] == 250
    assert [one["to"] for one in mailbox.messages()] == [["three@d.it"], ["one@d.it", "two@d.it"]]
    assert [one["subject"] for one in mailbox.messages("?to=Two@D.it")] == ["1"]


def test_a_letter_over_a_megabyte_is_refused_before_and_after(mailbox: Mailbox) -> None:
    big = b"Subject: grande\r\n\r\n" + b"x" * 1024 + b"\r\n" + (b"y" * 998 + b"\r\n") * 1100
    with mailbox.smtp() as connection:
        with pytest.raises(smtplib.SMTPSenderRefused) as declared:
            connection.sendmail("a@b.it", ["c@d.it"], big)
        connection.mail("a@b.it")
        connection.rcpt("c@d.it")
        sent, _ = connection.data(big)
        connection.sendmail("a@b.it", ["c@d.it"], b"Subject: piccolo\r\n\r\n")
    assert (declared.value.smtp_code, sent) == (552, 552)
    assert [one["subject"] for one in mailbox.messages()] == ["piccolo"]


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (["DATA"], [503]),
        (["RCPT TO:<a@b.it>"], [503]),
        (["MAIL FROM:<>", "RCPT TO:<a@b.it>", "MAIL FROM:<c@d.it>"], [250, 250, 503]),
        (["MAIL a@b.it", "MAIL TO:<a@b.it>"], [501, 501]),
        (["MAIL FROM:<a@b.it>", "RCPT TO:<nobody>", "RCPT FROM:<a@b.it>"], [250, 501, 501]),
        (["mail from: <a@b.it> body=8bitmime", "rset", "DATA"], [250, 250, 503]),
        (["TURN", "VRFY a@b.it", "HELP"], [502, 252, 214]),
    ],
)
def test_commands_out_of_order_are_told_so(mailbox: Mailbox, lines: list[str], codes: list[int]) -> None:
    with mailbox.smtp() as connection:
        connection.ehlo()
        assert [connection.docmd(line)[0] for line in lines] == codes


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header at all\r\n",
        b"Subject: =?nothing?q?=E8?=\r\nContent-Type: text/plain; charset=martian\r\n\r\n\xe8\r\n",
        b"Subject: \xff\xfe\r\nContent-Type: multipart/mixed\r\n\r\nx\r\n",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n",
    ],
)
def test_a_broken_letter_is_shown_all_the_same(mailbox: Mailbox, raw: bytes) -> None:
    with mailbox.smtp() as connection:
        connection.sendmail("a@b.it", ["c@d.it"], raw)
    statuses = [mailbox.get(path).status for path in ("/", "/messaggi/1", "/messaggi/1/html", "/api/messages/1")]
    assert statuses == [200, 200, 200, 200]


def test_the_original_is_the_letter_as_it_was_sent(mailbox: Mailbox) -> None:
    message = letter("Perché", Message_ID="<two@gettone.example>")
    mailbox.deliver(message)
    original = mailbox.get("/messaggi/1/originale")
    assert original.headers["Content-Type"] == "message/rfc822"
    assert message_from_bytes(original.body, policy=SMTP)["Subject"] == "Perché"


def test_letters_survive_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "m.sqlite"
    with running_mailbox(data) as mailbox:
        mailbox.deliver(letter(Message_ID="<one@gettone.example>"))
        mailbox.control(mode="tempfail", times=2)
    with running_mailbox(data) as mailbox:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            mailbox.deliver(letter())
        assert [one["message_id"] for one in mailbox.messages()] == ["<one@gettone.example>"]
