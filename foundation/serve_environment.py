"""What the programs of `make run` are told: ports that are free, secrets made once, addresses that agree.

Whatever the caller's environment says wins; this only fills the gaps, and writes the result to `.local/environment` so
that a command in another terminal speaks to the same addresses (`set -a; . .local/environment`).
"""

import base64
import os
import secrets
import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
TRIED_PORTS = 200
WANTED_PORTS = {"web": 8000, "stripe": 8011, "accounting": 8012, "mailbox": 8013, "invoicing": 8019, "smtp": 8025}
SECRET_NAMES = ("STRIPE_WEBHOOK_SECRETS", "BANK_WEBHOOK_SECRETS", "PROVISIONING_SECRET")


class PortTaken(Exception):
    """The port that PORT asks for belongs to another program."""

    def __init__(self, port: int) -> None:
        super().__init__(f"PORT={port} is taken by another program; name another, or leave PORT out to have one found.")
        self.port = port


@dataclass(frozen=True)
class Ports:
    """The loopback ports of one run."""

    web: int
    stripe: int
    accounting: int
    mailbox: int
    invoicing: int
    smtp: int

    @property
    def shifted(self) -> dict[str, tuple[int, int]]:
        """The services that did not get the port they wanted: name to (wanted, given)."""
        given = vars(self)
        return {name: (wanted, given[name]) for name, wanted in WANTED_PORTS.items() if given[name] != wanted}


def choose_ports(environment: Mapping[str, str]) -> Ports:
    """The wanted ports, or the next free ones. Raises PortTaken when PORT names one that is in use."""
    chosen: dict[str, int] = {}
    for name, default in WANTED_PORTS.items():
        asked = environment.get("PORT") if name == "web" else None
        if asked and not _is_free(int(asked)):
            raise PortTaken(int(asked))
        wanted = int(asked or default)
        candidates = range(wanted, wanted + TRIED_PORTS)
        chosen[name] = next(port for port in candidates if port not in chosen.values() and _is_free(port))
    return Ports(**chosen)


def stored_secrets(home: Path) -> dict[str, str]:
    """The secrets of this clone, made on the first run and kept in `secrets.env` (mode 0600): logins survive."""
    file = home / "secrets.env"
    if not file.exists():
        made = {"SECRET_KEY": secrets.token_urlsafe(48)}
        made.update({name: f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}" for name in SECRET_NAMES})
        write_environment(file, made)
    return read_environment(file)


def sandbox_environment(ports: Ports, kept: Mapping[str, str]) -> dict[str, str]:
    """The settings under which the product and its stand-ins find each other on the loopback."""
    return {
        "MODE": "sandbox",
        "PUBLIC_URL": f"http://{HOST}:{ports.web}",
        "STRIPE_API_BASE": f"http://{HOST}:{ports.stripe}",
        "STRIPE_API_KEY": "sk_test_sandbox",
        "PROVISIONING_URL": f"http://{HOST}:{ports.accounting}",
        "ACCOUNTING_APP_URL": f"http://{HOST}:{ports.accounting}",
        "INVOICING_URL": f"http://{HOST}:{ports.invoicing}",
        "SMTP_URL": f"smtp://{HOST}:{ports.smtp}",
        "MAILBOX_URL": f"http://{HOST}:{ports.mailbox}",
        **kept,
    }


def write_environment(file: Path, values: Mapping[str, str]) -> None:
    """Write `NAME=value` lines that a shell can read, for the owner's eyes only, in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.writelines(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    unfinished.rename(file)


def read_environment(file: Path) -> dict[str, str]:
    """The values of a file that `write_environment` wrote; empty where there is none."""
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text().splitlines() if "=" in line)
    return {name: "".join(shlex.split(value)) for name, _, value in pairs}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Connections of a run that just ended linger for a minute; they do not make the port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
