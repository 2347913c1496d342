import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.serve_environment import (
    WANTED_PORTS,
    PortTaken,
    choose_ports,
    read_environment,
    sandbox_environment,
    stored_secrets,
    write_environment,
)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_port_asked_for_and_taken_is_refused_by_name(taken_port: int) -> None:
    with pytest.raises(PortTaken, match=f"PORT={taken_port} is taken"):
        choose_ports({"PORT": str(taken_port)})


def test_every_service_gets_a_port_of_its_own() -> None:
    ports = choose_ports({})
    assert len(set(vars(ports).values())) == len(WANTED_PORTS)


def test_the_ports_that_were_shifted_are_named() -> None:
    ports = choose_ports({})
    moved = type(ports)(**{**WANTED_PORTS, "web": 8001})
    assert moved.shifted == {"web": (8000, 8001)}


def test_secrets_are_made_once_and_kept_for_the_owner_only(tmp_path: Path) -> None:
    made = stored_secrets(tmp_path)
    assert stored_secrets(tmp_path) == made
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert len(made["SECRET_KEY"]) >= 32
    assert len(set(made.values())) == 4


def test_the_addresses_follow_the_ports(tmp_path: Path) -> None:
    ports = choose_ports({})
    told = sandbox_environment(ports, stored_secrets(tmp_path))
    assert told["PUBLIC_URL"] == f"http://127.0.0.1:{ports.web}"
    assert told["SMTP_URL"] == f"smtp://127.0.0.1:{ports.smtp}"
    assert told["ACCOUNTING_APP_URL"] == told["PROVISIONING_URL"] == f"http://127.0.0.1:{ports.accounting}"


def test_a_shell_reads_back_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    values = {"PLAIN": "a", "SELLER_NAME": "Rossi & Figli 'Srl' $HOME", "EMPTY": ""}
    write_environment(file, values)
    assert read_environment(file) == values
    script = f'set -a; . {file}; printf "%s" "$SELLER_NAME"'
    heard = subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True, text=True).stdout
    assert heard == values["SELLER_NAME"]
