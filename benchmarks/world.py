"""The world a benchmark runs in: one private PostgreSQL with fsync on, and shops on it, each with its own past."""

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import create_engine, text

from app import Outside, create_app
from benchmarks.caller import Caller
from benchmarks.past import Size, remember
from benchmarks.processes import ROOT, Running, server_cpu, start
from entitlements import MemoryProvisioner
from foundation.database import database
from foundation.mail import MemoryMailer
from foundation.postgres import ensure_running, stop, url_of
from foundation.postgres_place import place_of
from foundation.serve_environment import HOST, Ports, sandbox_environment, stored_secrets
from foundation.tokens import new_token, token_hash
from shop import MemoryGateway

STUDIO, OWNER, PASSWORD = "CS-0001", "owner@studio-rossi.example", "gettone-demo"
CLAUSES = ("general_terms", "privacy", "business_purchase", "tacit_renewal", "liability_limits")
FLASK = (sys.executable, "-m", "flask", "--app", "app")
NOBODY = UUID(int=0)
_CSRF = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_CLONE = {
    "orders": """
        INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'cart_id', NULL,
            'number', :prefix || lpad(n::text, 7, '0'), 'rf_reference', :prefix || n))).*
        FROM orders o, generate_series(1, :copies) n WHERE o.number = :number
    """,
    "lines": """
        INSERT INTO order_lines SELECT (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid(),
            'order_id', o.id))).*
        FROM order_lines l JOIN orders t ON t.id = l.order_id AND t.number = :number,
             orders o WHERE o.number LIKE :prefix || '%'
    """,
    "due": """
        INSERT INTO due_rows SELECT (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(),
            'subject_id', o.id))).*
        FROM due_rows d JOIN orders t ON t.id = d.subject_id AND t.number = :number,
             orders o WHERE o.number LIKE :prefix || '%'
    """,
}


@dataclass
class Shop:
    """One shop on the world's server: its database, its application in this process, its programs outside."""

    name: str
    home: Path
    url: str
    ports: Ports
    environment: dict[str, str]
    app: Flask
    studio_id: UUID
    past_orders: int
    running: dict[str, Running] = field(default_factory=dict)
    callers: list[Caller] = field(default_factory=list)

    def start(self, *names: str) -> None:
        """Start programs of `make run` (`web`, `worker`, `stripe`, `mailbox`)."""
        self.running |= start(names, self.environment, self.ports, self.home)

    def end(self, *names: str) -> None:
        """End programs; all of them, with who speaks to them, when none is named."""
        for caller in () if names else self.callers:
            caller.close()
        for name in names or tuple(self.running):
            self.running.pop(name).end()

    def query(self, statement: str, **values: object) -> list[Any]:
        """Rows of a statement run as the owner of the database."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            done = connection.execute(text(statement), values)
            rows = list(done.all()) if done.returns_rows else []
        engine.dispose()
        return rows

    def caller(self, role: str) -> Caller:
        """A program with a token of its own."""
        secret = new_token("gtn_")
        self.query(
            "INSERT INTO api_tokens (id, token_hash, name, role, party_id, created_at)"
            " VALUES (gen_random_uuid(), :hash, 'bench', :role, :party, now())",
            hash=token_hash(secret),
            role=role,
            party=self.studio_id if role == "studio" else None,
        )
        return self.stranger({"Authorization": f"Bearer {secret}", "Accept": "application/json"})

    def stranger(self, headers: dict[str, str] | None = None) -> Caller:
        """A caller of the web program whom nobody knows, unless these headers say who it is."""
        self.callers.append(Caller(self.ports.web, headers or {}))
        return self.callers[-1]

    def person(self) -> Caller:
        """The studio's owner, signed in with the password over HTTP."""
        caller = self.stranger()
        _status, headers, page = caller.ask("GET", "/accedi")
        caller.headers["Cookie"] = str(headers["Set-Cookie"]).split(";")[0]
        found = _CSRF.search(page)
        assert found is not None
        _status, headers, _body = caller.form(
            "/accedi", csrf_token=found.group(1).decode(), email=OWNER, password=PASSWORD
        )
        caller.headers["Cookie"] = str(headers["Set-Cookie"]).split(";")[0]
        return caller

    def company_ids(self, count: int, skip: int = 0) -> list[UUID]:
        """Some of the companies the studio follows, in no particular order."""
        found = self.query(
            "SELECT company_id FROM studio_links WHERE studio_id = :studio ORDER BY company_id LIMIT :count OFFSET :skip",
            studio=self.studio_id,
            count=count,
            skip=skip,
        )
        return [row[0] for row in found]

    def waiting_orders(self, count: int) -> list[UUID]:
        """Fresh orders of ten coupons that wait for their money: one placed through the API, the others its copies."""
        number, prefix = self._placed(), f"C{secrets.token_hex(4)}-"
        for statement in _CLONE.values():
            self.query(statement.replace(":copies", str(count)), **_named(statement, number=number, prefix=prefix))
        return [row[0] for row in self.query("SELECT id FROM orders WHERE number LIKE :like", like=f"{prefix}%")]

    def _placed(self) -> str:
        caller = self.caller("studio")
        order = {"lines": [{"sku": "LITE-10", "quantity": 1}], "payment_method": "bank_transfer"}
        answer = self.app.test_client().post(
            "/api/v1/orders",
            json={**order, "accepted_clauses": CLAUSES},
            headers=caller.headers | {"Idempotency-Key": str(uuid4())},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["number"])


def _named(statement: str, **values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if f":{name}" in statement}


@dataclass(frozen=True, slots=True)
class World:
    """The server's directory, the shop with the whole past, and the one with a hundredth of it."""

    home: Path
    grown: Shop
    young: Shop

    @property
    def shops(self) -> tuple[Shop, Shop]:
        """Both."""
        return self.grown, self.young

    def server_cpu(self) -> float:
        """Seconds of processor time PostgreSQL has used."""
        return server_cpu(place_of(self.home / "postgres").data)


@contextmanager
def world(size: Size) -> Iterator[World]:
    """A fresh server with two shops; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="gettone-bench-"))
    home.chmod(0o755)
    shops: list[Shop] = []
    try:
        for name, past in (("grown", size), ("young", size.hundredth)):
            shops.append(_shop(home, name, past))
        yield World(home, *shops)
    finally:
        for shop in shops:
            shop.end()
            with shop.app.app_context():
                database.engine.dispose()
        stop(home / "postgres", "immediate")
        shutil.rmtree(home, ignore_errors=True)


def _shop(home: Path, name: str, size: Size) -> Shop:
    server = create_engine(ensure_running(home / "postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    own, url = home / name, url_of(home / "postgres", name)
    own.mkdir()
    ports = _free_ports()
    told = sandbox_environment(ports, stored_secrets(own)) | {"DATABASE_URL": url, "SHOP_ENV": name}
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | told
    app = create_app(environment, Outside(MemoryGateway(), MemoryProvisioner(), MemoryMailer()))
    command([*FLASK, "prepare", "--no-orders"], environment)
    shop = Shop(name, own, url, ports, environment, app, NOBODY, size.orders)
    shop.studio_id = shop.query("SELECT id FROM parties WHERE external_ref = :ref", ref=STUDIO)[0][0]
    remember(url, shop.studio_id, size)
    return shop


def _free_ports() -> Ports:
    """Ports of the loopback that nobody uses at this instant."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in fields(Ports)]
        for probe in probes:
            probe.bind((HOST, 0))
        return Ports(*(probe.getsockname()[1] for probe in probes))


def command(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run one command of the product to its end."""
    done = subprocess.run(  # noqa: S603 - our own commands
        arguments, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
