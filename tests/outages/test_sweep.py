"""R09: whatever statement of a use-case the database refuses, whoever asks again ends where everybody ends."""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy.exc import DBAPIError

from app import Outside
from entitlements import MemoryProvisioner
from foundation.mail import MemoryMailer
from shop import MemoryGateway
from tests.database import fresh_database
from tests.outages.sabotage import KINDS, sabotaged
from tests.outages.use_cases import USE_CASES, Act, Stage, UseCase, a_stage
from tests.races.contest import audit_finds, racing_app
from tests.races.service_races import stocked
from tests.verdicts import FIGURE, Record, keep

pytestmark = pytest.mark.race
FULL = os.environ.get("TORTURE") == "full"
# In the daily run every so many statements one is refused, each time in another way.
STRIDE = 1 if FULL else 17
MOST_TRIES = 12


@pytest.fixture(scope="module")
def stage(worker_id: str) -> Iterator[Stage]:
    with fresh_database(f"gettone_sweep_{worker_id}") as url, racing_app(url) as app:
        outside = Outside(gateway=MemoryGateway(), provisioner=MemoryProvisioner(), mailer=MemoryMailer())
        app.extensions |= {"gettone.gateway": outside.gateway, "gettone.provisioner": outside.provisioner}
        yield a_stage(app, outside, stocked(app))


def insist(stage: Stage, act: Act) -> bool:
    """Ask until it is answered, time passing between tries; whatever the database refused inside is not shown."""
    for _ in range(MOST_TRIES):
        answered = False
        with suppress(DBAPIError):
            answered = act()
        stage.rest()
        if answered:
            stage.work()
            return True
    return False


def statements_of(stage: Stage, case: UseCase) -> int:
    """How many statements one undisturbed try has."""
    act, ended = case.begin(stage)
    with sabotaged(stage.app) as counted:
        assert act()
    assert ended() == case.wanted
    return counted.count


def refused_at(stage: Stage, case: UseCase, number: int, kind: str) -> str:
    """One use-case whose `number`-th statement is refused; answers what came of it instead, or nothing."""
    act, ended = case.begin(stage)
    with sabotaged(stage.app, number, kind):
        answered = False
        with suppress(DBAPIError):
            answered = act()
    stage.rest()
    if not (insist(stage, act) or answered):
        return f"{case.name}, {kind} at statement {number}: nobody was ever answered"
    if ended() != case.wanted:
        return f"{case.name}, {kind} at statement {number}: {ended()} instead of {case.wanted}"
    return ""


@pytest.mark.parametrize("case", USE_CASES, ids=lambda case: case.name)
def test_a_refused_statement_anywhere_changes_nothing_but_the_time(
    stage: Stage, case: UseCase, record_property: Record
) -> None:
    statements = statements_of(stage, case)
    kinds = list(KINDS)
    plan = [(number, kind) for number in range(1, statements + 1, STRIDE) for kind in kinds]
    if not FULL:
        plan = [(number, kinds[number // STRIDE % len(kinds)]) for number in range(1, statements + 1, STRIDE)]
    broken = [said for number, kind in plan if (said := refused_at(stage, case, number, kind))]
    line = f"use_case={case.name!r} statements={statements} injected={len(plan)} wrong_state={len(broken)}"
    print(line)
    record_property(FIGURE, line)
    keep([*broken, *audit_finds(stage.app)])
