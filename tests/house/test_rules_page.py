"""docs/rules.md names tests that exist: a renamed test must not leave a rule without its proof."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ROW = re.compile(r"^\| (F\d{3}-\d{2}) \|", re.MULTILINE)


def test_every_test_that_holds_a_rule_exists() -> None:
    page = (ROOT / "docs" / "rules.md").read_text()
    named = NAMED.findall(page)
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text()]
    assert not missing, f"Name the tests that hold these rules now: {missing}"


def test_every_rule_of_the_clients_is_held_by_a_test() -> None:
    page = (ROOT / "docs" / "rules.md").read_text()
    wanted = {f"F003-{number}" for number in range(14, 22)} | {f"F002-{number:02}" for number in (*range(1, 8), 12, 14)}
    held = {rule for row in page.splitlines() if NAMED.search(row) for rule in re.findall(r"F\d{3}-\d{2}", row)}
    assert wanted - held == set()


def test_every_rule_of_the_first_story_is_on_the_page() -> None:
    page = (ROOT / "docs" / "rules.md").read_text()
    wanted = {f"F003-{number:02}" for number in range(1, 14)}
    assert wanted - set(re.findall(r"F003-\d{2}", page)) == set()
    assert len(ROW.findall(page)) >= len(wanted) - 3
