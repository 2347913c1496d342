"""docs/rules.md names tests that exist: a renamed test must not leave a rule without its proof."""

import re

from tests.house.source import ROOT, files, keep

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
CITED = re.compile(r"\b(?:D[1-9]|D[12]\d|M[1-9]|M[12]\d|S[0-3]\d)\b")
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


def test_every_id_that_is_cited_can_be_looked_up() -> None:
    page = (ROOT / "docs" / "sources.md").read_text()
    known = {name for row in page.splitlines() if row.startswith("| ") for name in CITED.findall(row.split("|")[1])}
    cited = {
        name: str(path)
        for path in files()
        if path.suffix in {".py", ".html", ".md"} and path.parts[0] not in {"migrations", "sandbox"}
        for name in CITED.findall((ROOT / path).read_text())
    }
    keep("Give the id its line in docs/sources.md.", [f"{cited[name]} {name}" for name in cited.keys() - known])
