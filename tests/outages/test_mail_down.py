"""R11: mail is down for a day: no order waits for it, and every mail arrives once it is back."""

import os
from datetime import timedelta

import pytest

from app import Outside
from entitlements import MemoryProvisioner
from foundation.mail import SmtpMailer
from shop import MemoryGateway
from tests.database import fresh_database
from tests.outages.mail_server import TROUBLES, WELL, a_mail_server
from tests.outages.use_cases import a_stage
from tests.races.contest import audit_finds, racing_app
from tests.races.service_races import stocked
from tests.stories import a_paid_order
from tests.verdicts import FIGURE, Record, keep

pytestmark = [pytest.mark.race, pytest.mark.sockets]
ORDERS = 200 if os.environ.get("TORTURE") == "full" else 6
DAY = timedelta(hours=24)
QUEUED = "SELECT count(*), count(sent_at), count(*) - count(DISTINCT cause) FROM mails"
DEAD = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"
BLOCKED = "SELECT count(*) FROM orders WHERE state <> 'FULFILLED'"


def test_a_day_without_mail_blocks_no_order_and_loses_no_mail(worker_id: str, record_property: Record) -> None:
    with (
        fresh_database(f"gettone_mail_{worker_id}") as url,
        a_mail_server() as server,
        racing_app(url) as app,
    ):
        mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}")
        outside = Outside(MemoryGateway(), MemoryProvisioner(), mailer)
        app.extensions["gettone.mailer"] = mailer
        stage = a_stage(app, outside, stocked(app))
        for trouble in TROUBLES:
            server.state = trouble
            for _ in range(ORDERS // len(TROUBLES)):
                with stage.transaction() as session:
                    a_paid_order(session, stage.studio, "LITE-1")
            stage.work()
            stage.rest()
        sent_while_down = len(server.taken)
        server.state = WELL
        stage.pass_time(DAY)
        stage.work()
        expected, delivered, twice = stage.rows(QUEUED)
        blocked, dead = stage.rows(BLOCKED)[0], stage.rows(DEAD)[0]
        line = (
            f"mails_expected={expected} delivered={len(server.taken)} queued_twice={twice} orders_blocked={blocked}"
            f" dead_letters={dead} sent_while_down={sent_while_down}"
        )
        print(line)
        record_property(FIGURE, line)
        broken = [line] if (delivered, len(server.taken), twice, blocked, dead) != (expected, expected, 0, 0, 0) else []
        keep([*broken, *audit_finds(app)])
