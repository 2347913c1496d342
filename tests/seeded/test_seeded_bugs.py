"""R02: would the proofs see a bug? Two planted in the daily run, all of them under `make torture`."""

import os
from pathlib import Path

import pytest

from tests.crash.world import a_world
from tests.database import fresh_database
from tests.seeded.bugs import BUGS, CHAIN_BUG, RACED
from tests.seeded.planting import SeededBug, failed_by, plant, run_crash, run_race, run_tests
from tests.verdicts import FAIL, FIGURE, Invalid, Record

pytestmark = [pytest.mark.sockets, pytest.mark.race]
FULL = os.environ.get("TORTURE") == "full"
DAILY = (RACED[3], CHAIN_BUG)
SIZE = {"wallet": (50, 8)}


def found(bug: SeededBug, folder: Path, name: str) -> list[str]:
    """What was found broken in a copy of the project that has the bug. Raises Invalid."""
    if bug.tests:
        return run_tests(plant(bug, folder, None), bug)
    if bug.race:
        with fresh_database(name) as url:
            return run_race(plant(bug, folder, url), bug.race, url, *SIZE.get(bug.race, (6, 12)))
    with a_world(name, folder) as world:
        return run_crash(plant(bug, folder, world.database_url), bug, world)


def test_there_are_twelve_bugs_and_each_can_still_be_planted() -> None:
    assert len(BUGS) >= 12
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    assert {bug.name: bug.stale() for bug in BUGS if bug.stale()} == {}


@pytest.mark.parametrize("bug", BUGS if FULL else DAILY, ids=lambda bug: bug.name)
def test_a_seeded_bug_is_seen(bug: SeededBug, tmp_path: Path, worker_id: str, record_property: Record) -> None:
    seen = found(bug, tmp_path, f"gettone_bug_{worker_id}")
    line = f"seeded_bug={bug.name!r} detected={int(bool(seen))} as={' '.join(seen[:1])[:200]!r}"
    print(line)
    record_property(FIGURE, line)
    assert seen, f"nothing was seen of the bug {bug.name!r}"


def test_a_copy_without_a_bug_wins_its_race(tmp_path: Path, worker_id: str) -> None:
    assert found(SeededBug("none", (), race="last_coupon"), tmp_path, f"gettone_sound_{worker_id}") == []


def test_a_bug_that_can_no_longer_be_planted_is_invalid(tmp_path: Path) -> None:
    stale = SeededBug("stale", (("app.py", "a text that app.py never held", ""),))
    with pytest.raises(Invalid):
        plant(stale, tmp_path, None)


def test_a_bug_whose_patch_makes_the_program_stumble_has_not_been_seen() -> None:
    stumbled = {"test": "tests/pricing/test_vat.py::test_a_rule", "verdict": FAIL, "why": "NameError: name 'total'"}
    with pytest.raises(Invalid, match="stumbles: NameError"):
        failed_by(BUGS[-1], [stumbled])
    assert failed_by(BUGS[-1], [stumbled | {"why": "assert 3 == 4"}]) == ["test_a_rule: assert 3 == 4"]
