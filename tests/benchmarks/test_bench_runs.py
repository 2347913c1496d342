"""The benchmark does not rot: its world is built, and the legs that need no other program give their figures."""

from pathlib import Path

import pytest

from benchmarks.__main__ import Plan, main, measure
from benchmarks.figures import judged, table
from benchmarks.past import Size
from benchmarks.report import cpu_rows, rows


def test_the_legs_of_the_benchmark_give_figures() -> None:
    taken = measure(Plan(Size(1_000, 200), rounds=1, often=4), ["till", "inside"])
    named = {row.name.strip() for row in rows(taken)}
    assert {"till in process, of pgbench", "10,000 codes minted with their audit"} <= named
    assert taken.median("till grown rate") > 0
    assert cpu_rows(taken)


@pytest.mark.parametrize(("value", "verdict"), [(0.9, "aim"), (1.5, "floor"), (2.5, "MISSED")])
def test_a_figure_is_judged_by_its_aim_and_its_floor(value: float, verdict: str) -> None:
    row = judged("a letter", value, (1.0, 2.0), " ms")
    assert row.verdict == verdict
    assert verdict in table([row])


@pytest.mark.parametrize("page", ["missing.md", "without-a-place.md"])
def test_a_page_that_cannot_take_the_tables_is_refused_before_anything_is_measured(
    page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "without-a-place.md").write_text("# Speed\n")
    with pytest.raises(SystemExit) as ended:
        main(["--write", str(tmp_path / page)])
    assert ended.value.code == 2
    assert page in capsys.readouterr().err
