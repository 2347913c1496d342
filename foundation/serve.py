"""`python -m foundation.serve`, which is `make run`: everything on this machine, from nothing to an address to open.

It starts the private PostgreSQL, lets the application prepare its data, then supervises web, worker and the sandbox
programs that stand in for the outside world. Ctrl-C or SIGTERM drains them for at most thirty seconds and stops
PostgreSQL last.
"""

import argparse
import fcntl
import http.client
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from foundation import postgres
from foundation.postgres_place import PrivateServerFailed, default_directory
from foundation.preparation import Preparation, PreparationFailed, schema_is_newest
from foundation.serve_environment import (
    HOST,
    Ports,
    PortTaken,
    choose_ports,
    read_environment,
    sandbox_environment,
    stored_secrets,
    write_environment,
)
from foundation.supervisor import Program, Supervisor, python

DRAIN_SECONDS = 30.0
READY_SECONDS = 120.0
HOPELESS_AFTER = 4
WATCH_EVERY = 0.2
# Whoever waits, waits for a page: nothing competes with the program that shows it until it does.
FIRST = "web"


class NotStarted(Exception):
    """The product could not be started; the message says what to do."""


class Signals:
    """Counts the requests to stop: the first drains, the second hurries."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1

    def asked(self) -> bool:
        """Whether somebody asked to stop."""
        return self.count > 0

    def hurried(self) -> bool:
        """Whether somebody asked a second time."""
        return self.count > 1


def main(arguments: list[str] | None = None) -> int:
    """Run until asked to stop; the exit status is 0 after an orderly stop and 1 when the product could not start."""
    parser = argparse.ArgumentParser(prog="python -m foundation.serve", description="Run Gettone on this machine.")
    parser.add_argument("--stop-database", action="store_true", help="stop the private servers and do nothing else")
    options = parser.parse_args(arguments)
    if options.stop_database:
        for directory in home().glob("*postgres"):  # the product's own, and the one the tests keep warm
            postgres.stop(directory)
        return 0
    try:
        with _only_one():
            return _serve(dict(os.environ))
    except (NotStarted, PortTaken, PrivateServerFailed) as refusal:
        say(f"\nGettone did not start: {refusal}")
        return 1


def say(text: str) -> None:
    """Print a line for the person at the terminal, at once."""
    print(text, flush=True)


def home() -> Path:
    """The folder of everything this clone writes while it runs: `.local`, or GETTONE_HOME."""
    return default_directory().parent


def programs(environment: Mapping[str, str], ports: Ports, data: Path) -> list[Program]:
    """The table of programs: the sandbox (where its addresses are the loopback's own), then worker and web."""
    web = ["--interface", "wsgi", "--host", HOST, "--port", str(ports.web), "--factory", "app:create_app"]
    workers = ["--workers", environment.get("WEB_WORKERS", "2"), "--blocking-threads", "4", "--no-ws"]
    lives = ["--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "25"]
    table = [
        Program("worker", python("flask", "--app", "app", "jobs", "work"), environment, rank=1),
        Program("web", python("granian", *web, *workers, *lives), environment, rank=1),
    ]
    return [*_sandbox(environment, ports, data), *table]


def _sandbox(environment: Mapping[str, str], ports: Ports, data: Path) -> list[Program]:
    if environment.get("MODE", "sandbox") != "sandbox":
        return []
    shop = f"http://{HOST}:{ports.web}"
    stripe = ["--host", HOST, "--port", str(ports.stripe), "--data", str(data / "stripe.sqlite")]
    letters = ["--webhook-url", f"{shop}/webhooks/stripe", "--webhook-secrets", environment["STRIPE_WEBHOOK_SECRETS"]]
    accounting = ["--host", HOST, "--port", str(ports.accounting), "--data", str(data / "accounting.sqlite")]
    customer = ["--shop-url", shop, "--secret", environment["PROVISIONING_SECRET"]]
    mailbox = ["--smtp-port", str(ports.smtp), "--http-port", str(ports.mailbox)]
    invoicing = ["--host", HOST, "--port", str(ports.invoicing), "--shop-url", shop]
    letters_kept = ["--data", str(data / "mailbox.sqlite")]
    table = (
        ("STRIPE_API_BASE", f"http://{HOST}:{ports.stripe}", "stripe", [*stripe, *letters]),
        ("PROVISIONING_URL", f"http://{HOST}:{ports.accounting}", "accounting", [*accounting, *customer]),
        ("INVOICING_URL", f"http://{HOST}:{ports.invoicing}", "invoicing", invoicing),
        ("SMTP_URL", f"smtp://{HOST}:{ports.smtp}", "mailbox", [*mailbox, *letters_kept]),
    )
    return [
        Program(name, python(f"sandbox.{name}", *options), environment)
        for setting, address, name, options in table
        if environment[setting] == address
    ]


def _serve(caller: dict[str, str]) -> int:
    ports = choose_ports(caller)
    for name, (wanted, given) in ports.shifted.items():
        # Whoever asked for a port by PORT got it: nothing was taken.
        if name != "web" or not caller.get("PORT"):
            say(f"==> Port {wanted} is taken, so {name} uses {given}")
    environment = _environment(caller, ports)
    own_database = not caller.get("DATABASE_URL")
    try:
        if own_database:
            say("==> Starting the private PostgreSQL")
            environment["DATABASE_URL"] = postgres.ensure_running(default_directory())
        preparation = Preparation(environment, home() / "log" / "prepare.log")
        if not schema_is_newest(environment["DATABASE_URL"]):
            say("==> Preparing the database and the demo data")
            preparation.ensure_done()
        signals = Signals()
        supervisor = Supervisor(programs(environment, ports, home()), home(), say)
        return _supervise(supervisor, signals, ports, preparation, own_database=own_database)
    except PreparationFailed as failure:
        raise NotStarted(f"the preparation failed. It last wrote:\n{failure}") from failure
    finally:
        if own_database:
            postgres.stop(default_directory())
            say("==> PostgreSQL stopped; the data are kept")


def _environment(caller: Mapping[str, str], ports: Ports) -> dict[str, str]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if caller.get("MODE", "sandbox") == "sandbox":
        filled = sandbox_environment(ports, stored_secrets(home()))
        chosen = {name: caller.get(name) or value for name, value in filled.items()}
        write_environment(home() / "environment", chosen)
        environment.update(chosen)
    return environment


def _supervise(
    supervisor: Supervisor, signals: Signals, ports: Ports, preparation: Preparation, *, own_database: bool
) -> int:
    say("==> Starting web, worker and sandbox")
    supervisor.start(first=FIRST)
    try:
        ready_by = time.monotonic() + READY_SECONDS
        ready = False
        while not signals.asked():
            supervisor.watch()
            if own_database and not postgres.is_running(default_directory()):
                say("PostgreSQL is gone; starting it again")
                postgres.ensure_running(default_directory())
            if not ready:
                ready = _answers(ports.web)
                if ready:
                    supervisor.start_rest()
                    say(_welcome(preparation.ensure_done()))
                elif time.monotonic() > ready_by or supervisor.deaths_in_a_row() >= HOPELESS_AFTER:
                    raise NotStarted(f"/readyz does not answer. The logs are in {home() / 'log'}")
            time.sleep(WATCH_EVERY)
        say("\n==> Stopping: what has begun is finished first (Ctrl-C again to hurry)")
        return 0
    finally:
        supervisor.stop(DRAIN_SECONDS, hurried=signals.hurried)


def _answers(port: int) -> bool:
    """Whether the web answers from its database. Jobs that are late are no obstacle: they wait for the worker."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status == http.HTTPStatus.OK or b"late_jobs" in answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(greeting: str) -> str:
    known = read_environment(home() / "environment")
    lines = ["", "Gettone is ready", f"  shop               {known.get('PUBLIC_URL', 'at its PUBLIC_URL')}"]
    if urlsplit(known.get("MAILBOX_URL", "")).hostname == HOST:
        lines.append(f"  mails it sent      {known['MAILBOX_URL']}")
        lines.append(f"  accounting program {known['ACCOUNTING_APP_URL']}")
    lines.append(f"  logs               {home() / 'log'}")
    return "\n".join([*lines, "", greeting, "", "Ctrl-C stops everything and keeps the data."])


@contextmanager
def _only_one() -> Iterator[None]:
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "serve.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            address = read_environment(home() / "environment").get("PUBLIC_URL", "its address")
            raise NotStarted(f"it already runs at {address}. Stop that one with Ctrl-C in its terminal.") from None
        yield


if __name__ == "__main__":
    sys.exit(main())
