import threading
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.audit import verify, violations_of
from foundation.database import new_session, transaction
from foundation.events import (
    GENESIS,
    Event,
    Subject,
    chain_head,
    events_about,
    events_after,
    record_event,
    seal_events,
    seal_hash,
)
from foundation.ids import new_id
from foundation.principal import Principal
from tests.conftest import Transact
from tests.foundation.horizon import wait_until_readable

A_PARTY = UUID(int=1)


@pytest.fixture
def inside(committed_app: Flask) -> Iterator[Flask]:
    with committed_app.app_context():
        yield committed_app


def _record(word: str, party: UUID | None = A_PARTY) -> int:
    with transaction() as session:
        return _add(session, word, party).id


def _seal(limit: int = 5_000) -> int:
    wait_until_readable()
    with transaction() as session:
        return seal_events(session, limit)


def _add(session: Session, word: str, party: UUID | None = A_PARTY) -> Event:
    event = record_event(session, word, Subject("test", new_id(), party))
    session.flush()
    return event


def _types(after: tuple[int, int] = (0, 0)) -> list[str]:
    with transaction() as session:
        return [event.type for event in events_after(session, after, 100)]


def test_an_event_holds_ids_and_plain_figures(tx: Transact) -> None:
    subject, user = new_id(), new_id()
    by = Principal(user_id=user, party_id=A_PARTY, role="owner")
    with tx() as session:
        record_event(session, "order.paid", Subject("order", subject, A_PARTY), by, gross=12, ids=[subject, 3], no=None)
    with tx() as session:
        event = events_about(session, "order", subject)[0]
    assert event.data == {"gross": 12, "ids": [str(subject), 3], "no": None}
    assert (event.type, event.party_id, event.actor_user_id) == ("order.paid", A_PARTY, user)


def test_a_subject_has_its_history_in_order_and_nobody_elses(tx: Transact) -> None:
    subject = Subject("order", new_id(), A_PARTY)
    with tx() as session:
        for word in ("placed", "paid", "fulfilled"):
            record_event(session, word, subject)
        record_event(session, "placed", Subject("order", new_id()))
        record_event(session, "placed", Subject("company", subject.id))
    with tx() as session:
        assert [event.type for event in events_about(session, "order", subject.id)] == ["placed", "paid", "fulfilled"]


@pytest.mark.usefixtures("inside")
def test_events_are_read_in_the_order_of_their_transactions() -> None:
    for word in ("first", "second", "third"):
        _record(word)
    wait_until_readable()
    assert _types() == ["first", "second", "third"]


@pytest.mark.usefixtures("inside")
def test_a_late_commit_is_not_skipped() -> None:
    """A transaction that began first and commits last must not fall behind a reader's cursor (M20)."""
    slow = new_session()
    _add(slow, "slow")
    _record("fast")
    assert _types() == [], "the reader stays behind the oldest running transaction"
    slow.commit()
    slow.close()
    wait_until_readable()
    assert _types() == ["slow", "fast"]


def test_a_reader_that_polls_while_writers_race_sees_every_event_once(inside: Flask) -> None:
    writers, each = 4, 25
    seen: list[str] = []
    cursor = (0, 0)

    def write(worker: int) -> None:
        with inside.app_context():
            for number in range(each):
                _record(f"{worker}-{number}")

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(writers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or len(seen) < writers * each:
        with transaction() as session:
            for event in events_after(session, cursor, 7):
                seen.append(event.type)
                cursor = (event.transaction_id, event.id)
            time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == writers * each
    for worker in range(writers):
        own = [word for word in seen if word.startswith(f"{worker}-")]
        assert own == [f"{worker}-{number}" for number in range(each)]


@pytest.mark.usefixtures("inside")
def test_a_party_reads_its_own_events_only() -> None:
    _record("mine")
    _record("another's", UUID(int=2))
    _record("nobody's", None)
    wait_until_readable()
    with transaction() as session:
        assert [event.type for event in events_after(session, (0, 0), 10, A_PARTY)] == ["mine"]


@pytest.mark.usefixtures("inside")
def test_a_party_also_reads_of_the_others_events_those_it_is_allowed_and_no_more() -> None:
    with transaction() as session:
        for word in ("told", "kept"):
            record_event(session, word, Subject("company", A_PARTY, UUID(int=2)))
    _record("mine")
    wait_until_readable()
    with transaction() as session:
        found = events_after(session, (0, 0), 10, A_PARTY, also=Event.type == "told")
        assert [event.type for event in found] == ["told", "mine"]


@pytest.mark.usefixtures("inside")
def test_sealing_goes_on_where_it_stopped() -> None:
    for number in range(5):
        _record(f"event {number}")
    assert _seal(limit=2) == 2
    assert _seal() == 3
    assert _seal() == 0
    _record("one more")
    assert _seal() == 1
    with transaction() as session:
        assert chain_head(session)[0] == 6
        assert violations_of(verify(session)) == []


@pytest.mark.usefixtures("inside")
def test_every_seal_covers_the_one_before_it() -> None:
    _record("one")
    _record("two")
    wait_until_readable()
    with transaction() as session:
        assert chain_head(session) == (0, GENESIS)
        seal_events(session)
        first, second = events_after(session, (0, 0), 10)
        assert chain_head(session) == (2, seal_hash(seal_hash(GENESIS, first), second))


@pytest.mark.usefixtures("inside")
def test_an_event_of_a_running_transaction_is_sealed_later_and_in_its_place() -> None:
    slow = new_session()
    _add(slow, "slow")
    _record("fast")
    with transaction() as session:
        assert seal_events(session) == 0
    slow.commit()
    slow.close()
    assert _seal() == 2
    with transaction() as session:
        assert violations_of(verify(session)) == []


def test_two_sealers_at_once_make_one_chain(inside: Flask) -> None:
    for number in range(50):
        _record(f"event {number}")
    wait_until_readable()

    def seal() -> None:
        with inside.app_context():
            for _ in range(20):
                with transaction() as session:
                    seal_events(session, limit=3)

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as session:
        assert session.execute(text("SELECT count(*) FROM event_seals")).scalar_one() == 50
        assert violations_of(verify(session)) == []


@pytest.mark.parametrize("field", ["id", "transaction_id", "type", "party_id", "subject_kind", "subject_id", "data"])
def test_the_hash_covers_every_field(tx: Transact, field: str) -> None:
    others: dict[str, object] = {
        "id": 10**6,
        "transaction_id": 10**6,
        "type": "other",
        "party_id": UUID(int=9),
        "subject_kind": "other",
        "subject_id": UUID(int=9),
        "data": {"other": 1},
    }
    with tx() as session:
        event = _add(session, "one")
        before = seal_hash(GENESIS, event)
        assert seal_hash(GENESIS, event) == before
        assert seal_hash("1" * 64, event) != before
        session.expunge(event)
        setattr(event, field, others[field])
        assert seal_hash(GENESIS, event) != before
