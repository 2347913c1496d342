"""The kill -9 canary of R01 and R22: at every fault point a real program dies, and nothing is lost or doubled."""

from pathlib import Path

import pytest
from flask import Flask

from tests.crash.canary import Report, run
from tests.crash.points import CRASHES, Crash, missing_points, stale_points
from tests.crash.storm import SLOWEST_RECOVERY_S, busy
from tests.crash.world import a_world
from tests.verdicts import FIGURE, Invalid, Record

pytestmark = [pytest.mark.sockets, pytest.mark.race]
FEWEST, MOST = 8, 80


def test_every_fault_point_has_its_crash(app: Flask) -> None:  # noqa: ARG001 - building it registers the jobs
    missing = [f"{name} ({place})" for name, place in sorted(missing_points().items())]
    assert not missing, f"add to CRASHES of tests/crash/points.py: {missing}"
    assert not stale_points(), "no longer in the source"


def judged(report: Report, record_property: Record) -> list[str]:
    """Tell the figures; answers what is broken. Raises Invalid when nothing is, but not all of it happened."""
    print(report.line())
    record_property(FIGURE, report.line())
    broken = [*report.lost, *report.doubled, *report.audit]
    if not broken and (report.unreached or report.gave_up):
        raise Invalid(f"never reached: {report.unreached}; waited in vain: {report.gave_up}")
    return broken


def test_whatever_dies_wherever_nothing_is_lost_or_doubled(
    tmp_path: Path, worker_id: str, record_property: Record
) -> None:
    with a_world(f"gettone_crash_{worker_id}", tmp_path) as world:
        report = run(world, CRASHES, FEWEST, MOST)
    assert judged(report, record_property) == []


@pytest.mark.torture
@pytest.mark.parametrize("hit", [1, 2, 3])
@pytest.mark.parametrize("crash", CRASHES, ids=str)
def test_each_crash_alone_recovers_in_time(
    tmp_path: Path, worker_id: str, crash: Crash, hit: int, record_property: Record
) -> None:
    alone = Crash(crash.point, crash.program, hit)
    with a_world(f"gettone_crash_{worker_id}", tmp_path) as world:
        report = run(world, [alone], 8, MOST)
    assert judged(report, record_property) == []
    if report.recovery_s > SLOWEST_RECOVERY_S and busy():
        raise Invalid(f"recovery took {report.recovery_s:.1f} s, but {busy()}")
    assert report.recovery_s <= SLOWEST_RECOVERY_S
