import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from foundation.audit import CheckResult, verify, violations_of


@pytest.fixture
def results(books: Connection) -> list[CheckResult]:
    with Session(bind=books) as session:
        return verify(session)


def test_nothing_is_wrong_in_a_town_that_only_used_the_services(results: list[CheckResult]) -> None:
    assert violations_of(results) == []


def test_every_check_looked_at_something(results: list[CheckResult]) -> None:
    idle = [result.name for result in results if result.finding.rows == 0]
    assert idle == [], "a check that saw no row proves nothing"
    assert len(results) >= 35
    print(f"checks={len(results)} rows={sum(result.finding.rows for result in results)} violations=0")


def test_every_check_is_quick_on_small_books(results: list[CheckResult]) -> None:
    slow = [(result.name, result.milliseconds) for result in results if result.milliseconds > 1_000]
    assert slow == []
