from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text

from foundation.database import transaction
from foundation.housekeeping import sweep
from foundation.idempotency import Go, OtherRequest, Replay, Running, claim, finish, finish_within, release
from foundation.jobs import DueRow
from tests.conftest import Transact

ANSWER = Replay(201, "application/json", '{"number":"ORD-2026-000001","note":"caffè"}'.encode())


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    """Claims commit apart from any transaction, but need to know the application."""
    context = app.app_context()
    context.push()
    yield
    context.pop()


def _first(scope: str = "party-1", key: str = "k1", asked: str = "hash-1") -> Go:
    found = claim(scope, key, asked)
    assert isinstance(found, Go)
    return found


def _finish(lease: Go, answer: Replay = ANSWER) -> bool:
    with transaction() as session:
        return finish_within(session, "party-1", "k1", lease, answer)


def _a_minute_passes() -> None:
    with transaction() as session:
        session.execute(text("UPDATE idempotency_keys SET leased_until = leased_until - interval '61 seconds'"))


def test_the_first_request_with_a_key_goes_and_its_twin_waits() -> None:
    _first()
    assert claim("party-1", "k1", "hash-1") == Running()


def test_a_finished_request_is_replayed_byte_for_byte() -> None:
    assert _finish(_first())
    assert claim("party-1", "k1", "hash-1") == ANSWER
    assert claim("party-1", "k1", "hash-1") == ANSWER


def test_a_key_of_another_request_is_refused_before_and_after_the_answer() -> None:
    lease = _first()
    assert claim("party-1", "k1", "hash-2") == OtherRequest()
    _finish(lease)
    assert claim("party-1", "k1", "hash-2") == OtherRequest()


def test_two_parties_may_use_the_same_key() -> None:
    _finish(_first())
    assert isinstance(claim("party-2", "k1", "hash-2"), Go)


def test_the_lease_of_a_dead_process_runs_out_after_a_minute() -> None:
    _first()
    _a_minute_passes()
    assert isinstance(claim("party-1", "k1", "hash-1"), Go)
    assert claim("party-1", "k1", "hash-1") == Running()


def test_a_try_that_was_overtaken_cannot_answer_any_more() -> None:
    slow = _first()
    _a_minute_passes()
    fast = _first()
    assert not _finish(slow)
    assert _finish(fast)
    assert not _finish(fast), "an answer is final"


def test_an_answer_and_its_effect_are_kept_or_lost_together(tx: Transact) -> None:
    lease = _first()
    with tx() as session:
        assert finish_within(session, "party-1", "k1", lease, ANSWER)
        session.rollback()
    assert claim("party-1", "k1", "hash-1") == Running()


def test_a_failure_that_may_pass_is_forgotten() -> None:
    release("party-1", "k1", _first())
    assert isinstance(claim("party-1", "k1", "hash-2"), Go), "even another request may use the key now"


def test_a_failure_after_a_commit_leaves_the_key_to_its_request() -> None:
    release("party-1", "k1", _first(), begun=True)
    assert claim("party-1", "k1", "hash-2") == OtherRequest()
    again = _first()
    assert again.again, "an earlier try has begun"
    release("party-1", "k1", again)
    assert claim("party-1", "k1", "hash-2") == OtherRequest(), "what it began is still there"
    assert _finish(_first())


def test_releasing_takes_nothing_from_a_later_try_or_from_a_final_answer() -> None:
    slow = _first()
    _a_minute_passes()
    fast = _first()
    release("party-1", "k1", slow)
    assert claim("party-1", "k1", "hash-1") == Running()
    _finish(fast)
    release("party-1", "k1", fast)
    assert claim("party-1", "k1", "hash-1") == ANSWER


def test_an_answer_without_a_body_is_replayed_as_it_was() -> None:
    _first()
    finish("party-1", "k1", 204, "text/plain", b"")
    assert claim("party-1", "k1", "hash-1") == Replay(204, "text/plain", b"")


@pytest.mark.race
def test_fifty_twins_at_once_have_one_that_goes(committed_app: Flask) -> None:
    def ask(_twin: int) -> bool:
        with committed_app.app_context():
            return isinstance(claim("party-1", "k1", "hash-1"), Go)

    with ThreadPoolExecutor(16) as pool:
        went = list(pool.map(ask, range(50)))
    assert went.count(True) == 1


def test_keys_are_kept_for_thirty_days(tx: Transact) -> None:
    _first(key="young")
    _first(key="old")
    with tx() as session:
        session.execute(
            text("UPDATE idempotency_keys SET created_at = created_at - interval '31 days' WHERE key = 'old'")
        )
        sweep(session, DueRow())
    with tx() as session:
        assert session.execute(text("SELECT key FROM idempotency_keys")).scalars().all() == ["young"]
