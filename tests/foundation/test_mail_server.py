import smtplib
import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from foundation.mail import SmtpMailer, permanent_refusal


class _Smtp(socketserver.StreamRequestHandler):
    """As little of a mail server as takes one message."""

    def handle(self) -> None:
        taken: list[str] = self.server.taken  # type: ignore[attr-defined]
        self._say("220 ready")
        while line := self.rfile.readline().decode():
            verb = line.split(" ", maxsplit=1)[0].strip().upper()
            if verb == "DATA":
                self._say("354 go on")
                while (body := self.rfile.readline().decode()) != ".\r\n":
                    taken.append(body)
            elif verb in {"MAIL", "RCPT"}:
                taken.append(line)
            self._say("221 bye" if verb == "QUIT" else "250 fine")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def smtp_server() -> Iterator[tuple[str, list[str]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.daemon_threads = True
        server.taken = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", server.taken  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@pytest.mark.sockets
def test_the_mailer_speaks_smtp(smtp_server: tuple[str, list[str]]) -> None:
    url, taken = smtp_server
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Shop <shop@example.it>", "studio@example.it", "Prova è"
    message.set_content("Il testo.\n")
    SmtpMailer(url).send(message)
    said = "".join(taken)
    assert "mail FROM:<shop@example.it>" in said.replace("MAIL", "mail")
    assert "<studio@example.it>" in said
    assert "Il testo." in said


@pytest.mark.sockets
def test_a_server_that_is_not_there_is_an_error_to_be_retried() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        port = server.server_address[1]
    with pytest.raises(OSError, match="refused"):
        SmtpMailer(f"smtp://127.0.0.1:{port}").send(EmailMessage())


@pytest.mark.parametrize(
    ("number", "words", "code"),
    [
        (550, b"5.1.1 Nobody of that name", "550 5.1.1"),
        (550, b"no such user here", "550"),
        (553, b"5.1.3 bad address", "553 5.1.3"),
        # These speak of us, or may pass: the mail is tried again.
        (550, b"5.7.1 relaying denied", None),
        (451, b"4.3.0 try again later", None),
        (452, b"4.2.2 mailbox full", None),
    ],
)
def test_only_a_refusal_of_the_recipient_that_is_for_good_is_a_bounce(
    number: int, words: bytes, code: str | None
) -> None:
    assert permanent_refusal(smtplib.SMTPRecipientsRefused({"nobody@example.it": (number, words)})) == code
