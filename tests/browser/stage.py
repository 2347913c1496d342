"""The whole of `make run` on ports of its own: real web, worker and sandbox programs over a database of their own."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from foundation.ids import new_id
from foundation.serve import programs
from foundation.serve_environment import HOST, WANTED_PORTS, Ports, sandbox_environment, stored_secrets
from foundation.supervisor import Supervisor
from foundation.webhook_signatures import signed_headers
from tests.crash.client import ask
from tests.crash.programs import NotStarted, command, free_port
from tests.database import fresh_database

STUDIO = "owner@studio-rossi.example"
OTHER_STUDIO = "owner@bianchi.example"
FINANCE = "finance@demo.example"
SUPPORT = "support@demo.example"
PASSWORD = "gettone-demo"
READY_WITHIN = 90.0
PAUSE = 0.1


@dataclass(frozen=True)
class Stage:
    """Where everything answers."""

    shop: str
    accounting: str
    mailbox: str
    environment: dict[str, str]

    def vendor_will(self, **orders: object) -> None:
        """Order how the accounting program behaves from now on."""
        _post(f"{self.accounting}/_control", orders)

    def post_office_will(self, **orders: object) -> None:
        """Order how the mail server behaves from now on."""
        _post(f"{self.mailbox}/_control", orders)

    def letters(self, words: str = "") -> list[dict[str, Any]]:
        """The mails that arrived, newest first, by words of theirs."""
        answer = ask("GET", f"{self.mailbox}/api/messages?{urlencode({'q': words, 'limit': 500})}", {}, None)
        found: list[dict[str, Any]] = answer.json["messages"]
        return found

    def letter(self, words: str) -> dict[str, Any]:
        """The newest mail with these words, as soon as it has arrived."""
        found: dict[str, Any] = until(lambda: next(iter(self.letters(words)), {}), f"no mail with {words!r} arrived")
        return found

    def bank_tells(self, kind: str, **data: object) -> str:
        """The bank's signed letter about one transfer; answers the transfer's reference."""
        reference = str(data.get("id") or f"TRN-{new_id()}")
        facts = {
            "id": reference,
            "booked_on": datetime.now(UTC).date().isoformat(),
            "currency": "EUR",
            "debtor_name": "Studio Rossi",
            "account_iban": "IT60X0542811101000000123456",
            "remittance": "",
        }
        raw = json.dumps({"type": kind, "data": facts | data}).encode()
        secret = self.environment["BANK_WEBHOOK_SECRETS"]
        headers = {"Content-Type": "application/json"} | signed_headers(secret, f"msg_{new_id()}", raw)
        answer = ask("POST", f"{self.shop}/webhooks/bank", headers, raw)
        assert answer.status == 204, answer.body
        return reference

    def flask(self, *arguments: str) -> str:
        """Run one command beside the programs, as in another terminal; answers what it printed."""
        status, said, complaint = command(list(arguments), self.environment)
        assert status == 0, complaint[-3000:]
        return said


@contextmanager
def open_stage(folder: Path, name: str) -> Iterator[Stage]:
    """Start everything, wait until it answers, end it with the block. Raises NotStarted."""
    with fresh_database(name) as database_url:
        ports = Ports(**{role: free_port() for role in WANTED_PORTS})
        inherited = {key: value for key, value in os.environ.items() if key not in {"PORT", "GETTONE_FAULT"}}
        environment = inherited | sandbox_environment(ports, stored_secrets(folder))
        environment |= {"DATABASE_URL": database_url, "WEB_WORKERS": "1", "PYTHONUNBUFFERED": "1"}
        status, _said, complaint = command(["prepare", "--no-orders"], environment)
        if status != 0:
            raise NotStarted(complaint[-3000:])
        said: list[str] = []
        supervisor = Supervisor(programs(environment, ports, folder), folder, said.append)
        supervisor.start()
        try:
            _wait_for(ports, said)
            stage = Stage(
                f"http://{HOST}:{ports.web}", f"http://{HOST}:{ports.accounting}", f"http://{HOST}:{ports.mailbox}",
                environment,
            )  # fmt: skip
            stage.vendor_will(rates={"late": 0, "refuse": 0, "lost": 0}, callback_delay=2, hang_seconds=0)
            yield stage
        finally:
            supervisor.stop(10)


def until(look: Callable[[], Any], otherwise: str, seconds: float = 30.0) -> Any:  # noqa: ANN401 - whatever is looked for
    """Look until something is there. Raises AssertionError with `otherwise` when it takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, otherwise
        time.sleep(PAUSE)
    return found


def _wait_for(ports: Ports, said: list[str]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not all(_answers(port) for port in (ports.web, ports.stripe, ports.accounting, ports.mailbox)):
        if said or time.monotonic() > deadline:
            raise NotStarted("\n".join(said) or "the programs do not answer")
        time.sleep(PAUSE)


def _answers(port: int) -> bool:
    try:
        return ask("GET", f"http://{HOST}:{port}/", {}, None).status < 500
    except OSError:
        return False


def _post(url: str, body: object) -> None:
    raw = json.dumps(body).encode()
    answer = ask("POST", url, {"Content-Type": "application/json"}, raw)
    assert answer.status == 200, answer.body
