"""The kill -9 canary of R01 and R22: at every fault point a real program dies, and nothing is lost or doubled."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.crash.canary import run
from tests.crash.points import CRASHES, Crash, missing_points, stale_points
from tests.crash.programs import PROJECT
from tests.crash.world import a_world
from tests.races.seeded_bugs import CHAIN_BUG, Invalid, plant

pytestmark = [pytest.mark.sockets, pytest.mark.race]
FULL = os.environ.get("TORTURE") == "full"
FEWEST, MOST = 12, 80
SLOWEST_RECOVERY_S = 10.0


def test_every_fault_point_has_its_crash(app: Flask) -> None:  # noqa: ARG001 - building it registers the jobs
    missing = [f"{name} ({place})" for name, place in sorted(missing_points().items())]
    assert not missing, f"add to CRASHES of tests/crash/points.py: {missing}"
    assert not stale_points(), "no longer in the source"


def test_whatever_dies_wherever_nothing_is_lost_or_doubled(tmp_path: Path, worker_id: str) -> None:
    with a_world(f"gettone_crash_{worker_id}", tmp_path) as world:
        report = run(world, CRASHES, FEWEST, MOST)
    print(report.line())
    if report.unreached:
        pytest.fail(f"INVALID: these programs never reached their point: {report.unreached}")
    assert report.lost == []
    assert report.doubled == []
    assert report.audit == []


def test_the_canary_sees_a_seeded_bug(tmp_path: Path, worker_id: str) -> None:
    with a_world(f"gettone_crash_bug_{worker_id}", tmp_path) as world:
        try:
            copy = plant(CHAIN_BUG, tmp_path, world.database_url)
        except Invalid as why:
            pytest.fail(f"INVALID: {why}")
        environment = {**world.environment, PROJECT: str(copy), "PYTHONPATH": str(copy)}
        world.order_of_vendor(next=["lost", "ok", "lost"])
        report = run(replace(world, environment=environment, hints=("",)), [], 6, 6)
    print(f"seeded_bug={CHAIN_BUG.name!r} detected={int(bool(report.doubled))} as={report.doubled}")
    assert report.stories == 6, "INVALID: too few stories were told"
    assert any("created twice" in one for one in report.doubled), report.doubled


@pytest.mark.torture
@pytest.mark.parametrize("hit", [1, 2, 3])
@pytest.mark.parametrize("crash", CRASHES, ids=str)
def test_each_crash_alone_recovers_in_time(tmp_path: Path, worker_id: str, crash: Crash, hit: int) -> None:
    alone = Crash(crash.point, crash.program, hit)
    with a_world(f"gettone_crash_{worker_id}", tmp_path) as world:
        report = run(world, [alone], 8, MOST)
    print(f"{alone}: {report.line()}")
    assert (report.unreached, report.lost, report.doubled, report.audit) == ([], [], [], [])
    assert report.recovery_s <= SLOWEST_RECOVERY_S
