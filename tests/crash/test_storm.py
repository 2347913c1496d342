"""The kill -9 storm (R01) on a PostgreSQL of its own: small in the daily run, at full size under `make torture`."""

import os
from pathlib import Path

import pytest

from tests.crash.killer import LONGEST_RECOVERY
from tests.crash.storm import Plan, Storm, blow
from tests.verdicts import FIGURE, Invalid, Record

pytestmark = [pytest.mark.sockets, pytest.mark.race]
SEED = int(os.environ.get("SEED", "20261126"))
SIZE = int(os.environ.get("SIZE", "1000"))
MINUTES = float(os.environ.get("MINUTES", "20"))
ORDERS_PER_KILL = 5


def judged(storm: Storm, record_property: Record) -> list[str]:
    """Tell the figures; answers what is broken. Raises Invalid when nothing is, but not all of the storm took place."""
    print(storm.line(), *[one.problem for one in storm.told if one.problem], sep="\n")
    record_property(FIGURE, storm.line())
    if storm.denied() and not storm.broken():
        raise Invalid(storm.denied())
    return storm.broken()


def test_a_small_storm_loses_and_doubles_nothing(tmp_path: Path, record_property: Record) -> None:
    # Times are judged where nothing else runs: beside other tests they say nothing.
    small = Plan(16, 4, SEED, minutes=2, buyers=8, crashes=(), forked=True, slowest_recovery_s=2 * LONGEST_RECOVERY)
    assert judged(blow(small, tmp_path), record_property) == []


@pytest.mark.torture
def test_a_storm_loses_and_doubles_nothing(tmp_path: Path, record_property: Record) -> None:
    assert judged(blow(Plan(SIZE, SIZE // ORDERS_PER_KILL, SEED, MINUTES), tmp_path), record_property) == []
