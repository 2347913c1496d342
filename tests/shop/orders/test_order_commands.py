"""`flask orders show|cancel`: a dry run tells what a run would do, a refusal tells a program its code."""

import json
from typing import Any

from flask import Flask

from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import an_order, stock_the_shop


def run(app: Flask, *words: str) -> tuple[int, Any]:
    """Exit code and JSON answer of `flask orders …`."""
    done = app.test_cli_runner().invoke(args=["orders", *words, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_a_dry_run_says_what_a_run_would_do_and_changes_nothing(app: Flask, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        number = an_order(session, a_studio(session)).number
    would = {"number": number, "cancelled": True, "dry_run": True}
    assert run(app, "cancel", number, "--dry-run") == (0, would)
    assert run(app, "show", number)[1]["state"] == "AWAITING_PAYMENT"
    assert run(app, "cancel", number) == (0, would | {"dry_run": False})
    for options, dry_run in ((("--dry-run",), True), ((), False)):
        assert run(app, "cancel", number, *options) == (0, {"number": number, "cancelled": False, "dry_run": dry_run})


def test_a_refusal_is_told_to_a_program_by_its_code(app: Flask, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session))
        order.state = "EXPIRED"
        number = order.number
    assert run(app, "show", "ORD-2026-999999") == (1, {"code": "order_not_found"})
    assert run(app, "cancel", "ORD-2026-999999") == (1, {"code": "order_not_found"})
    assert run(app, "cancel", number) == (1, {"code": "illegal_order_step"})
