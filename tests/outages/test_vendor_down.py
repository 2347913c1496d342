"""R12: the accounting program is down for a day: who activates sees that it waits, and each company is made once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import Outside
from entitlements import HttpProvisioner, activate_coupon, stock_of
from entitlements.provisioning.provisioner import pause_before
from foundation.mail import MemoryMailer
from sandbox.accounting import Config, build
from shop import MemoryGateway
from tests.crash.programs import free_port
from tests.crash.world import SECRET
from tests.database import fresh_database
from tests.outages.use_cases import Stage, a_stage
from tests.races.contest import audit_finds, racing_app
from tests.races.numbers import company_fields
from tests.races.service_races import stocked
from tests.stories import a_paid_order, company_data, owner_of
from tests.verdicts import FIGURE, Record, keep

pytestmark = [pytest.mark.race, pytest.mark.sockets]
ACTIVATIONS, CALLS_WHILE_DOWN = (500, 4) if os.environ.get("TORTURE") == "full" else (6, 2)
DAY = timedelta(hours=24)
STATES = "SELECT count(*) FILTER (WHERE state = 'READY'), count(*) FILTER (WHERE state <> 'READY') FROM companies"
SEEN = "SELECT count(*) FROM provisioning_requests WHERE state IN ('PENDING', 'UNKNOWN') AND attempts >= :calls"
MOST = "SELECT max(attempts) FROM provisioning_requests"


class _Quiet(WSGIRequestHandler):
    def log(self, *_anything: object) -> None:
        """Say nothing."""


def calls_in(time: timedelta) -> int:
    """How many calls one request makes while the vendor is silent for so long: the back-off doubles up to its limit."""
    passed, calls = timedelta(), 0
    while passed < time:
        passed += pause_before(calls)
        calls += 1
    return calls


@contextmanager
def a_vendor(port: int, folder: Path) -> Iterator[Flask]:
    """The accounting program, at a port that was closed until now."""
    app = build(Config(data=folder / "accounting.sqlite", shop_url="http://127.0.0.1:9", secret=SECRET, rates={}))
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["courier"].stop()
        app.extensions["storage"].close()


def activated(stage: Stage) -> None:
    """So many coupons are activated, each for a company of its own."""
    with stage.transaction() as session:
        a_paid_order(session, stage.studio, "LITE-1", ACTIVATIONS)
        coupons = [coupon.id for coupon, _ in stock_of(session, stage.studio.id, limit=ACTIVATIONS)]
    for number, coupon_id in enumerate(coupons):
        with stage.transaction() as session:
            activate_coupon(session, coupon_id, company_data(**company_fields(number)), owner_of(stage.studio))


def test_a_day_without_the_accounting_program_makes_every_company_once(
    worker_id: str, tmp_path: Path, record_property: Record
) -> None:
    port = free_port()
    with fresh_database(f"gettone_vendor_{worker_id}") as url, racing_app(url) as app:
        provisioner = HttpProvisioner(f"http://127.0.0.1:{port}", SECRET)
        app.extensions["gettone.provisioner"] = provisioner
        stage = a_stage(app, Outside(MemoryGateway(), provisioner, MemoryMailer()), stocked(app))
        activated(stage)
        for _ in range(CALLS_WHILE_DOWN):
            stage.work()
            stage.rest()
        waiting = stage.rows(SEEN, calls=CALLS_WHILE_DOWN)[0]
        stage.pass_time(DAY)
        with a_vendor(port, tmp_path) as vendor:
            stage.work()
            counted = vendor.test_client().get("/_control").json["companies"]  # type: ignore[index]
        ready, left = stage.rows(STATES)
        line = (
            f"activations={ACTIVATIONS} provisioned={ready} twice={counted['created_twice']} seen_waiting={waiting}"
            f" attempts_per_item={stage.rows(MOST)[0]} calls_in_a_real_day={calls_in(DAY)}"
        )
        print(line)
        record_property(FIGURE, line)
        told = (ready, left, counted["ready"], counted["created_twice"], waiting)
        broken = [line] if told != (ACTIVATIONS, 0, ACTIVATIONS, 0, ACTIVATIONS) else []
        keep([*broken, *audit_finds(app)])
