from pathlib import Path

import pytest

from benchmarks.marks import END, begin
from tests.torture.__main__ import main
from tests.torture.checks import CHECKS
from tests.torture.judging import Outcome
from tests.torture.page import PROGRAM, write
from tests.verdicts import FAIL, PASS

FIRST, SECOND, LAST = CHECKS[0], CHECKS[1], CHECKS[-1]


def test_a_run_of_some_checks_keeps_what_the_others_came_to_and_where(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n{begin(PROGRAM)} -->\n{END}\n\nAfter.\n")
    write(page, "yesterday, load 0.1", [Outcome(LAST, PASS, 3, ["points=29"]), Outcome(SECOND, FAIL, 2, ["14 of 15"])])
    write(page, "today, load 0.2", [Outcome(SECOND, PASS, 2, ["15 of 15"]), Outcome(FIRST, PASS, 1, ["lost=0"])])
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")][2:]
    assert rows == [
        f"| {FIRST.name} | PASS | 1 | lost=0 | today, load 0.2 |",
        f"| {SECOND.name} | PASS | 2 | 15 of 15 | today, load 0.2 |",
        f"| {LAST.name} | PASS | 3 | points=29 | yesterday, load 0.1 |",
    ]
    assert page.read_text().startswith("Before.")
    assert page.read_text().endswith("After.\n")


def test_a_page_without_a_place_for_the_table_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Something else.\n")
    with pytest.raises(ValueError, match="no place"):
        write(page, "today", [Outcome(FIRST, PASS)])
    assert page.read_text() == "Something else.\n"


@pytest.mark.parametrize("name", ["missing.md", "without-a-place.md"])
def test_a_page_that_cannot_take_the_table_is_refused_before_anything_is_run(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "without-a-place.md").write_text("Something else.\n")
    with pytest.raises(SystemExit) as ended:
        main(["--write", str(tmp_path / name)])
    assert ended.value.code == 2
    assert name in capsys.readouterr().err
