"""The audit: every invariant of the books as a query that looks for what must not be. It never trusts a counter.

A check says how many rows it looked at and names each violation. Rooms register their checks; `verify` runs them all.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from foundation.events import GENESIS, Event, EventSeal, seal_hash

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw: rows looked at, and each violation in words (at most `_MOST_NAMED` named, all counted)."""

    rows: int
    violations: int
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check's name, its finding and how long it took in milliseconds."""

    name: str
    finding: Finding
    milliseconds: int


Check = Callable[[Session], Finding]
_checks: dict[str, Check] = {}


def audit_check(name: str) -> Callable[[Check], Check]:
    """Register a function as the check `name`."""

    def register(function: Check) -> Check:
        _checks[name] = function
        return function

    return register


def sql_checks(checks: Iterable[tuple[str, str, str]]) -> None:
    """Register checks written as two queries: one counts the rows looked at, one answers a sentence per violation."""
    for name, rows, violations in checks:
        _checks[name] = _by_query(rows, violations)


def _by_query(rows: str, violations: str) -> Check:
    def run(session: Session) -> Finding:
        looked_at = int(session.execute(text(rows)).scalar_one())
        found = session.execute(text(violations)).scalars().all()
        return Finding(looked_at, len(found), tuple(str(one) for one in found[:_MOST_NAMED]))

    return run


def verify(session: Session) -> list[CheckResult]:
    """Run every check; nothing is written."""
    results = []
    for name, check in sorted(_checks.items()):
        began = time.perf_counter()
        finding = check(session)
        results.append(CheckResult(name, finding, round((time.perf_counter() - began) * 1000)))
    return results


def violations_of(results: list[CheckResult]) -> list[str]:
    """Every named violation, each with its check."""
    return [f"{result.name}: {one}" for result in results for one in result.finding.named]


@audit_check("event chain")
def _event_chain(session: Session) -> Finding:
    """Every sealed event still has the hash it was sealed with, in an unbroken chain; no sealed event is gone."""
    previous, rows, found = GENESIS, 0, []
    seals = (EventSeal.position, EventSeal.event_id, EventSeal.hash.label("sealed"))
    # Plain rows, no objects: the chain of a year is long.
    pairs = session.execute(
        select(*seals, *Event.__table__.columns)
        .outerjoin(Event, Event.id == EventSeal.event_id)
        .order_by(EventSeal.position)
        .execution_options(yield_per=5_000)
    )
    for row in pairs:
        rows += 1
        if row.position != rows:
            found.append(f"seal {rows} is missing")
        if row.id is None or row.sealed != seal_hash(previous, row):
            found.append(f"event {row.event_id} is not what was sealed")
        previous = row.sealed
    return Finding(rows, len(found), tuple(found[:_MOST_NAMED]))


sql_checks(
    [
        (
            "events sealed in order",
            "SELECT count(*) FROM events",
            """
            SELECT 'event ' || e.id || ' was overtaken by the seal' FROM events e
            WHERE (e.transaction_id, e.id) < (SELECT s.transaction_id, s.id FROM events s
                     JOIN event_seals x ON x.event_id = s.id ORDER BY x.position DESC LIMIT 1)
              AND NOT EXISTS (SELECT 1 FROM event_seals x WHERE x.event_id = e.id)
            """,
        )
    ]
)
