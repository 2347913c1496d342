"""Bugs planted in a copy of the project, to prove that the races would see them (R02).

Each takes away the lock *and* the constraint that guard one rule: either alone would still keep it.
A bug whose text is no longer in the source is INVALID: the race it was made for has proven nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.database import ROOT

COPIED = (
    *("app.py", "foundation", "pricing", "entitlements", "shop", "webhooks", "templates", "static", "translations"),
    "tests",
)
LONGEST_SECONDS = 180


class Invalid(Exception):
    """The bug could not be planted, or the copy could not run: nothing was proven either way."""


@dataclass(frozen=True)
class SeededBug:
    """Patches (file, text, replacement) and statements that take away what keeps a rule; `race` must see it."""

    name: str
    race: str
    patches: tuple[tuple[str, str, str], ...]
    statements: tuple[str, ...] = ()


BUGS = (
    SeededBug(
        "a coupon is claimed without its lock and its unique index",
        "last_coupon",
        (("entitlements/coupons/stock.py", ".with_for_update(of=Coupon)", ""),),
        ("DROP INDEX uq_coupon_assignments_live",),
    ),
    SeededBug(
        "a cart is placed without its lock and its unique key",
        "same_cart",
        (("shop/orders/placing.py", "session.scalars(query.with_for_update())", "session.scalars(query)"),),
        ("ALTER TABLE orders DROP CONSTRAINT uq_orders_cart_id",),
    ),
    SeededBug(
        "money is recorded without the order's lock and its unique key",
        "same_money",
        (
            (
                "shop/payments/record.py",
                ".where(Order.id == order_id).with_for_update()",
                ".where(Order.id == order_id)",
            ),
        ),
        ("ALTER TABLE payments DROP CONSTRAINT uq_payments_source_external_id",),
    ),
    SeededBug(
        "a wallet is read, then written",
        "wallet",
        (
            ("entitlements/wallets.py", "query.with_for_update() if lock else query", "query"),
            ("entitlements/wallets.py", "balance=WalletBucket.balance - taken", "balance=bucket.balance - taken"),
        ),
    ),
    SeededBug(
        "the vendor's answer is applied without the company's lock",
        "one_licence",
        (
            ("entitlements/provisioning/answers.py", ", with_for_update=True, populate_existing=True", ""),
            ("entitlements/activation.py", "company_id, with_for_update=True, populate_existing=True", "company_id"),
            ("entitlements/activation.py", ".with_for_update(of=(CouponAssignment, Coupon))", ""),
        ),
        (
            "ALTER TABLE licences DROP CONSTRAINT uq_licences_cause_kind_cause_id",
            "ALTER TABLE licence_terms DROP CONSTRAINT uq_licence_terms_cause_kind_cause_id",
            "ALTER TABLE activations DROP CONSTRAINT uq_activations_cause_kind_cause_id",
        ),
    ),
)


# A bug only the whole chain of programs shows: the vendor is asked again under another key after its answer was lost.
CHAIN_BUG = SeededBug(
    "every try has a key of its own",
    "",
    (
        (
            "entitlements/provisioning/attempts.py",
            "provisioner.create(idempotency_key(company_id), body)",
            'provisioner.create(f"{idempotency_key(company_id)}-{tries}", body)',
        ),
    ),
)


def plant(bug: SeededBug, folder: Path, database_url: str) -> Path:
    """Copy the project into `folder`, patch the copy, take the constraints from the database. Raises Invalid."""
    copy = folder / "project"
    for name in COPIED:
        source, target = ROOT / name, copy / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for file, wanted, replacement in bug.patches:
        text = (copy / file).read_text()
        if wanted not in text:
            raise Invalid(f"{bug.name}: {wanted!r} is not in {file} any more")
        (copy / file).write_text(text.replace(wanted, replacement))
    for statement in bug.statements:
        _take_away(database_url, bug, statement)
    return copy


def _take_away(database_url: str, bug: SeededBug, statement: str) -> None:
    parts = make_url(database_url)
    host = parts.host or str(parts.query.get("host", ""))
    arguments = {"dbname": parts.database, "user": parts.username, "host": host, "port": parts.port}
    with psycopg.connect(**arguments, password=parts.password, autocommit=True) as connection:  # type: ignore[arg-type]
        try:
            connection.execute(statement)
        except psycopg.Error as problem:
            raise Invalid(f"{bug.name}: {statement} answered {problem}") from problem


def run_race(copy: Path, race: str, database_url: str, rounds: int, contenders: int) -> list[str]:
    """Run one race in the copy; answers what it found broken. Raises Invalid when it did not run to its end."""
    environment = {**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tests.races", race, str(rounds), str(contenders)]
    done = subprocess.run(
        command, check=False, cwd=copy, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS
    )
    if done.returncode != 0:
        raise Invalid(f"the race {race} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    broken: list[str] = json.loads(done.stdout.splitlines()[-1])["broken"]
    return broken
