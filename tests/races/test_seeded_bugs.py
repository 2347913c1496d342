"""R02: would the races see a bug? One planted in the daily run, all of them under `make torture`."""

import os
from pathlib import Path

import pytest

from tests.database import fresh_database
from tests.races.seeded_bugs import BUGS, Invalid, SeededBug, plant, run_race

pytestmark = pytest.mark.race
FULL = os.environ.get("TORTURE") == "full"
SIZE = {"wallet": (50, 8)}


def _found(bug: SeededBug, folder: Path, database: str) -> list[str]:
    with fresh_database(database) as url:
        copy = plant(bug, folder, url)
        return run_race(copy, bug.race, url, *SIZE.get(bug.race, (6, 12)))


@pytest.mark.parametrize("bug", BUGS if FULL else BUGS[:1], ids=lambda bug: bug.race)
def test_a_race_without_its_lock_and_its_constraint_is_seen(bug: SeededBug, tmp_path: Path, worker_id: str) -> None:
    try:
        found = _found(bug, tmp_path, f"gettone_bug_{worker_id}")
    except Invalid as why:
        pytest.fail(f"INVALID: {why}")
    print(f"seeded_bug={bug.name!r} detected={int(bool(found))} as={found[:1]}")
    assert found, f"{bug.name}: the race {bug.race} saw nothing"


def test_a_copy_without_a_bug_wins_its_race(tmp_path: Path, worker_id: str) -> None:
    sound = SeededBug("none", "last_coupon", ())
    assert _found(sound, tmp_path, f"gettone_sound_{worker_id}") == []


def test_a_bug_that_can_no_longer_be_planted_is_invalid(tmp_path: Path, worker_id: str) -> None:
    stale = SeededBug("stale", "last_coupon", (("app.py", "a text that app.py never held", ""),))
    with fresh_database(f"gettone_stale_{worker_id}") as url, pytest.raises(Invalid):
        plant(stale, tmp_path, url)
