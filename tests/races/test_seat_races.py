"""The one base service and the same months, contended for with committed rows (F004-24)."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from entitlements import BaseServiceAlreadyActive, Company, TermMoved, grant
from foundation import clock
from foundation.database import transaction
from tests.database import fresh_database
from tests.races.contest import Tally, audit_finds, contend, racing_app, rows
from tests.running import BASE, a_company, a_term, bought, line_for

pytestmark = pytest.mark.race
CONTENDERS = 8


@pytest.fixture
def racing(worker_id: str) -> Iterator[Flask]:
    with fresh_database(f"gettone_seats_{worker_id}") as url, racing_app(url) as app:
        yield app


def _company(app: Flask, *, base: bool) -> tuple[UUID, UUID | None]:
    with app.app_context(), transaction() as session:
        company = a_company(session)
        today = clock.today()
        return company.id, bought(session, company, BASE, today, today + timedelta(days=365)) if base else None


def _won_once(app: Flask, outcomes: list[object]) -> None:
    tally = Tally()
    tally.expect(outcomes.count("won") == 1, f"won {outcomes.count('won')} times: {outcomes}")
    tally.expect(outcomes.count("refused") == CONTENDERS - 1, f"the losers saw {outcomes}")
    tally.broken += audit_finds(app)
    assert tally.broken == []


def test_one_base_service_is_started_whoever_pays_first(racing: Flask) -> None:
    company_id, _none = _company(racing, base=False)

    def start(_number: int) -> str:
        with racing.app_context():
            try:
                with transaction() as session:
                    company = session.get_one(Company, company_id)
                    bought(session, company, BASE, clock.today(), clock.today() + timedelta(days=365))
            except BaseServiceAlreadyActive:
                return "refused"
        return "won"

    _won_once(racing, list(contend(CONTENDERS, start)))
    assert rows(racing, "SELECT count(*) FROM licences WHERE kind = 'base_service'") == 1


def test_the_same_months_are_sold_once(racing: Flask) -> None:
    company_id, base = _company(racing, base=True)
    ends_on = clock.today() + timedelta(days=365)
    renewal = a_term(BASE, ends_on, ends_on + timedelta(days=365), "RENEW", base)

    def renew(_number: int) -> str:
        with racing.app_context():
            try:
                with transaction() as session:
                    grant(session, line_for(session.get_one(Company, company_id), BASE, renewal))
            except TermMoved:
                return "refused"
        return "won"

    _won_once(racing, list(contend(CONTENDERS, renew)))
    assert rows(racing, "SELECT count(*) FROM licence_terms WHERE action = 'RENEW'") == 1
