"""How other systems burn credit down, where our rules are the same (the vectors' README says how they map)."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from entitlements.bucket_balances import balances_at
from entitlements.wallets import Consumed, NotEnough, consume
from foundation import clock
from tests.conftest import Transact
from tests.entitlements.filling import Fill, a_company, fill, left_in

VECTORS = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "data" / "vectors"
Advance = Callable[[timedelta], None]
Case = dict[str, Any]

# Ideas of theirs that do not exist here.
NOT_OURS = {
    "becomes active during the period: earlier overage is burnt from it": "no balance goes below zero",
    "daily recurring grant": "nothing recurs",
    "recurring grant effective later, read right after recurrence": "nothing recurs",
    "recurring grant, read right before recurrence": "nothing recurs",
    "recurrence not reapplied on a later activity change": "nothing recurs",
}
NEVER = "9000-01-01T00:00:00+00:00"
METERS = {"charge": "credits", "subscription": "credit_cents"}


def _vectors(name: str) -> Case:
    path = VECTORS / f"{name}.json"
    if not path.exists():
        return {"cases": [], "rounding": []}
    found: Case = json.loads(path.read_text())
    return found


OPENMETER = [case for case in _vectors("openmeter_grant_burndown")["cases"] if case["name"] not in NOT_OURS]
LAGO = _vectors("lago_wallet_allocation")


@pytest.fixture(autouse=True)
def _clock_back_in_place() -> Iterator[None]:
    yield
    clock.follow(timedelta())


def test_the_vectors_are_there() -> None:
    if not VECTORS.exists():
        pytest.skip("shared/data/vectors is not beside the project")
    assert len(OPENMETER) == 12
    assert len(LAGO["cases"]) == 4


@pytest.mark.parametrize("case", OPENMETER, ids=[case["name"] for case in OPENMETER])
def test_grants_burn_down_as_openmeter_burns_them(tx: Transact, advance: Advance, case: Case) -> None:
    """Equal expiries: their priority 1 is our bonus, 2 is paid. What they count as overage is refused here."""
    with tx() as session:
        company = a_company(session)
    buckets: dict[str, UUID] = {}
    refused, last = 0, _instant(case["start"])
    for at, kind, what in _happenings(case):
        advance(at - clock.now())
        with tx() as session:
            if kind == "1 begins":
                buckets[what["id"]] = fill(session, company, _fill_of(case, what))
            elif kind == "2 is taken away":
                _empty(session, company, buckets[what["id"]])
            else:
                taken = consume(session, company, [company], "documents", what["qty"], what["at"])
                refused += what["qty"] if isinstance(taken, NotEnough) else 0
        last = max(last, at)
    advance(last + timedelta(minutes=1) - clock.now())
    with tx() as session:
        usable = {one.id: one.balance for one in balances_at(session, [company], clock.now(), clock.now())}
    for name, expected in case["expected"]["balances"].items():
        assert (usable.get(buckets[name], 0) if name in buckets else 0) == expected, name
    if "overage" in case["expected"]:
        assert refused == case["expected"]["overage"]


def _happenings(case: Case) -> list[tuple[datetime, str, Case]]:
    """What happens until the last use, in order."""
    until = max((_instant(use["at"]) for use in case["usage"]), default=_instant(case["start"]))
    found = [(_instant(use["at"]), "3 is used", use) for use in case["usage"]]
    for one in case["grants"]:
        found.append((_instant(one["effective_at"]), "1 begins", one))
        found.append((_instant(one.get("deleted_at") or one.get("voided_at") or NEVER), "2 is taken away", one))
    return sorted((one for one in found if one[0] <= until), key=lambda one: one[:2])


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _fill_of(case: Case, one: Case) -> Fill:
    number, unit = int(one["expires_after"][1:-1]), one["expires_after"][-1]
    expires = _instant(one["effective_at"]) + timedelta(days=number * {"D": 1, "Y": 365}[unit])
    several = len({other["priority"] for other in case["grants"]}) > 1
    return Fill(one["amount"], clock.rome_day(expires), "BONUS" if several and one["priority"] == 1 else "PAID")


def _empty(session: Session, company: UUID, bucket: UUID) -> None:
    """A grant that is taken away: here no bucket is deleted, what is left of it is booked out."""
    left = left_in(session, bucket)[0]
    if left:
        consume(session, company, [company], "documents", left, f"taken away {bucket}")


@pytest.mark.parametrize("case", LAGO["cases"], ids=lambda case: f"total {case['total']}")
def test_a_wallet_pays_its_own_kind_only_and_exactly(tx: Transact, case: Case) -> None:
    """Their restricted wallets are our meters; their priority 49 is our bonus, 50 is paid. Nothing pays for all."""
    with tx() as session:
        company = a_company(session)
        buckets = {
            kind: [fill(session, company, Fill(1_000, None, funding), meter) for funding in ("PAID", "BONUS")]
            for kind, meter in METERS.items()
        }
        for fee in case["fees"]:
            owed = fee["amount"] + fee["tax"]
            outcome = consume(session, company, [company], METERS[fee["type"]], owed, "the invoice")
            assert isinstance(outcome, Consumed) is (owed <= 2_000)
        due = {fee["type"]: fee["amount"] + fee["tax"] for fee in case["fees"]}
        for kind, (paid, bonus) in buckets.items():
            owed = due.get(kind, 0) if due.get(kind, 0) <= 2_000 else 0
            from_bonus = min(owed, 1_000)
            assert left_in(session, bonus, paid) == [1_000 - from_bonus, 1_000 - (owed - from_bonus)]


@pytest.mark.parametrize("case", [one for one in LAGO["rounding"] if "wallet" in one], ids=lambda case: case["total"])
def test_what_is_taken_is_the_rounded_total_to_the_cent(tx: Transact, case: Case) -> None:
    with tx() as session:
        company = a_company(session)
        bucket = fill(session, company, Fill(case["wallet"]), "credit_cents")
        consume(session, company, [company], "credit_cents", case["total"], "the invoice")
        assert case["wallet"] - left_in(session, bucket)[0] == case["expected_sum"]
