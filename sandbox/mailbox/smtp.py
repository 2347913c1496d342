"""The small part of SMTP (RFC 5321) a sender needs to deliver a letter on the loopback."""

import re
import socketserver
import time
from collections.abc import Callable

from sandbox.mailbox.behaviour import Behaviour
from sandbox.mailbox.letters import Letters

LARGEST_MESSAGE = 1024 * 1024
_LONGEST_LINE = 4096
_MOST_RECIPIENTS = 100
_IDLE_SECONDS = 300.0
_PATH = re.compile(r"(?i)(FROM|TO):\s*<([^<>]*)>\s*(.*)")
_EXTENSIONS = ("PIPELINING", f"SIZE {LARGEST_MESSAGE}", "8BITMIME", "SMTPUTF8", "HELP")
_TOO_BIG = "552 5.3.4 Message too big"


class Leave(Exception):
    """The conversation is over."""


class SmtpServer(socketserver.ThreadingTCPServer):
    """Listens on `address` and keeps what it is given; each conversation has a thread."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], letters: Letters) -> None:
        """Bind at once; `serve_forever` starts to answer."""
        self.letters = letters
        self.behaviour = Behaviour(letters)
        super().__init__(address, _Conversation)

    @property
    def port(self) -> int:
        """The port it listens on, useful when 0 was asked for."""
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: SmtpServer
    timeout = _IDLE_SECONDS
    # Answers of several lines would otherwise wait forty milliseconds for the caller's acknowledgement.
    disable_nagle_algorithm = True
    _sender: str | None
    _recipients: list[str]
    _mode: str

    def setup(self) -> None:
        super().setup()
        self._forget()

    def handle(self) -> None:
        self._say("220 mailbox.sandbox ESMTP")
        try:
            while True:
                self._answer(self._line())
        except (Leave, OSError):
            return

    def _answer(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        verbs: dict[str, Callable[[str], None]] = {
            "EHLO": self._ehlo,
            "HELO": lambda _: self._reset("250 mailbox.sandbox"),
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": lambda _: self._reset("250 2.0.0 Forgotten"),
            "NOOP": lambda _: self._say("250 2.0.0 Fine"),
            "VRFY": lambda _: self._say("252 2.5.2 Send it and see"),
            "HELP": lambda _: self._say("214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY QUIT"),
            "QUIT": self._quit,
        }
        verbs.get(verb.upper(), self._unknown)(rest.strip())

    def _unknown(self, _rest: str) -> None:
        self._say("502 5.5.1 Unknown command")

    def _ehlo(self, _rest: str) -> None:
        self._forget()
        lines = ["mailbox.sandbox", *_EXTENSIONS]
        for line in lines[:-1]:
            self._say(f"250-{line}")
        self._say(f"250 {lines[-1]}")

    def _mail(self, rest: str) -> None:
        match = _PATH.fullmatch(rest)
        if not match or match[1].upper() != "FROM":
            self._say("501 5.5.4 MAIL FROM:<address>")
        elif self._sender is not None:
            self._say("503 5.5.1 One sender is enough")
        elif _size(match[3]) > LARGEST_MESSAGE:
            self._say(_TOO_BIG)
        else:
            self._mode = self.server.behaviour.next_mode()
            self._sender = match[2]
            self._say("250 2.1.0 Sender fine")

    def _rcpt(self, rest: str) -> None:
        match = _PATH.fullmatch(rest)
        if self._sender is None:
            self._say("503 5.5.1 MAIL first")
        elif not match or match[1].upper() != "TO" or "@" not in match[2]:
            self._say("501 5.1.3 RCPT TO:<address>")
        elif self._mode == "refuse":
            self._say("550 5.1.1 Nobody of that name")
        elif self._mode == "tempfail":
            self._say("451 4.3.0 Try again later")
        elif len(self._recipients) >= _MOST_RECIPIENTS:
            self._say("452 4.5.3 Too many recipients")
        else:
            self._recipients.append(match[2])
            self._say("250 2.1.5 Recipient fine")

    def _data(self, _rest: str) -> None:
        if self._sender is None or not self._recipients:
            self._say("503 5.5.1 MAIL and RCPT first")
            return
        self._say("354 End with a line that holds one dot")
        raw = self._message()
        self._accept(self._sender, raw)
        self._forget()

    def _accept(self, sender: str, raw: bytes | None) -> None:
        if raw is None:
            self._say(_TOO_BIG)
        elif self._mode == "after_data_5xx":
            self._say("554 5.6.0 Not accepted")
        elif self._mode == "after_data_4xx":
            self._say("451 4.3.0 Try again later")
        elif self._mode == "hang":
            time.sleep(self.server.behaviour.read().hang_seconds)
            raise Leave
        else:
            self.server.letters.keep(sender, self._recipients, raw, time.time())
            if self._mode == "lost":
                raise Leave
            self._say("250 2.0.0 Kept")

    def _message(self) -> bytes | None:
        """Read up to the lone dot, undoing dot-stuffing; None when the message is too big.

        Only CR LF ends a line: a dot after a bare LF is text, else a second message could be hidden
        in the first. A long line comes in pieces, so the last two bytes are carried over.
        """
        lines: list[bytes] = []
        size, tail = 0, b"\r\n"
        while (line := self.rfile.readline(_LONGEST_LINE)) != b".\r\n" or tail != b"\r\n":
            if not line:
                raise Leave
            unstuffed = line[1:] if tail == b"\r\n" and line.startswith(b".") else line
            tail = (tail + line)[-2:]
            size += len(unstuffed)
            if size <= LARGEST_MESSAGE:
                lines.append(unstuffed)
        return b"".join(lines) if size <= LARGEST_MESSAGE else None

    def _quit(self, _rest: str) -> None:
        self._say("221 2.0.0 Goodbye")
        raise Leave

    def _reset(self, answer: str) -> None:
        self._forget()
        self._say(answer)

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []
        self._mode = "ok"

    def _line(self) -> str:
        line = self.rfile.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise Leave
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def _say(self, answer: str) -> None:
        self.wfile.write(answer.encode() + b"\r\n")


def _size(parameters: str) -> int:
    match = re.search(r"(?i)\bSIZE=(\d{1,15})\b", parameters)
    return int(match[1]) if match else 0
