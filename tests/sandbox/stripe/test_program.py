import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stripe

from sandbox.stripe import Configuration
from sandbox.stripe.program import configuration_of, main
from sandbox.stripe.serving import is_loopback

ROOT = Path(__file__).parents[3]


@contextmanager
def program(*arguments: str, kill: bool = False) -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.stripe", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found is not None, line
        assert "SIMULATORE - nessun pagamento reale" in line
        try:
            yield found.group()
        finally:
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            status = process.wait(timeout=10)
    assert status == (-signal.SIGKILL if kill else 0)


def client_of(url: str) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_x1", base_addresses={"api": url}, max_network_retries=0)


def test_a_killed_program_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    data = str(tmp_path / "state.sqlite")
    webhook = ("--webhook-url", "http://127.0.0.1:9/webhooks/stripe", "--webhook-secrets", "whsec_a,whsec_b")
    with program("--data", data, *webhook, kill=True) as url:
        made = [client_of(url).v1.customers.create({"name": f"Studio {n}"}).id for n in range(5)]
    with program("--data", data, *webhook) as url:
        client = client_of(url)
        assert [customer.id for customer in reversed(client.v1.customers.list().data)] == made
        undelivered = client.v1.events.list({"delivery_success": False})
        assert [event.type for event in undelivered.data] == ["customer.created"] * 5


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "example.com"])  # noqa: S104 - must be refused
def test_only_loopback_is_listened_on(host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    status = main(["--host", host, "--port", "0", "--data", str(tmp_path / "x.sqlite")])
    for number, handler in before.items():
        signal.signal(number, handler)
    assert status == 2
    assert "loopback" in capsys.readouterr().err
    assert not is_loopback(host)
    assert is_loopback("127.0.0.2")


def test_the_command_line_says_what_the_configuration_is() -> None:
    configuration, host, port = configuration_of(
        ["--webhook-url", "http://127.0.0.1:8000/webhooks/stripe", "--webhook-secrets", "whsec_a, whsec_b",
         "--event-kind", "both", "--payment-methods", "card,sepa_debit", "--port", "8099"]
    )  # fmt: skip
    assert (host, port) == ("127.0.0.1", 8099)
    assert configuration.webhook_secrets == ("whsec_a", "whsec_b")
    assert configuration.event_kind == "both"
    assert configuration.default_payment_methods == ("card", "sepa_debit")


@pytest.mark.parametrize(
    "wrong",
    [{"event_kind": "loud"}, {"webhook_secrets": (" ",)}, {"webhook_url": "http://127.0.0.1:9/"}],
    ids=["an unknown kind", "an empty secret", "an address without a secret"],
)
def test_a_configuration_that_cannot_work_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"event_kind|secret"):
        Configuration(**wrong)  # type: ignore[arg-type]
