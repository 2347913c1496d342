"""A mail server that is out of order in the ways mail servers are, one way at a time, and keeps what it takes."""

import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

WELL, SILENT, LATER, REFUSING, HANGS_UP = "well", "silent", "4xx", "5xx after DATA", "hangs up"
TROUBLES = (LATER, REFUSING, HANGS_UP)
_SILENCE_SECONDS = 20.0


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mails while `state` is `well`; `taken` counts them by Message-ID."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Conversation)
        self.state = WELL
        self.taken: Counter[str] = Counter()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        """Speak as much SMTP as a client needs, or what the trouble leaves of it."""
        if self.server.state == SILENT:
            threading.Event().wait(_SILENCE_SECONDS)
            return
        if self.server.state == HANGS_UP:
            return
        self._say(220, "here")
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line.split()[0].upper()
            if verb == "QUIT":
                self._say(221, "bye")
                return
            if verb == "DATA":
                self._data()
            elif verb in {"MAIL", "RCPT"} and self.server.state == LATER:
                self._say(451, "try again later")
            else:
                self._say(250, "ok")

    def _data(self) -> None:
        self._say(354, "go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.decode(errors="replace"))
        if self.server.state == REFUSING:
            self._say(554, "no")
            return
        name = next(line for line in lines if line.lower().startswith("message-id"))
        self.server.taken[name.split(":", 1)[1].strip()] += 1
        self._say(250, "taken")

    def _say(self, code: int, words: str) -> None:
        self.wfile.write(f"{code} {words}\r\n".encode())


@contextmanager
def a_mail_server() -> Iterator[MailServer]:
    """A mail server for the time of the block."""
    server = MailServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
