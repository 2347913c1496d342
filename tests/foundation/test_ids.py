from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import time_machine

from foundation import clock
from foundation.ids import new_id


def _milliseconds(made: UUID) -> int:
    return made.int >> 80


def test_an_id_is_a_uuid_of_version_seven() -> None:
    made = new_id()
    assert made.version == 7
    assert made.variant == RFC_4122


def test_an_id_begins_with_the_millisecond_of_its_making() -> None:
    before = int(clock.real_now().timestamp() * 1000)
    made = _milliseconds(new_id())
    assert before - 1 <= made <= int(clock.real_now().timestamp() * 1000) + 1


def test_ids_of_one_process_sort_as_they_were_made() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made), "as PostgreSQL compares them"


def test_ids_made_by_many_threads_at_once_are_all_different() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_id(), range(8_000)))
    assert len(set(made)) == 8_000


def test_a_clock_that_steps_back_an_hour_makes_no_id_twice_and_none_out_of_order() -> None:
    now = datetime(2999, 11, 15, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        first = [new_id() for _ in range(100)]
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        later = [new_id() for _ in range(100)]
    assert first + later == sorted(set(first + later))


def test_ids_follow_real_time_and_not_the_moved_clock() -> None:
    clock.follow(timedelta(days=-4000))
    try:
        assert _milliseconds(new_id()) >= int(clock.real_now().timestamp() * 1000) - 1
    finally:
        clock.follow(timedelta())
