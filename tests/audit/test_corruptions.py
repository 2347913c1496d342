"""Somebody with the owner's password changes one thing: the audit names it, by the check about it (R20, S29)."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from foundation.audit import CheckResult, verify
from tests.audit.corruption import Corruption
from tests.audit.corruptions import CORRUPTIONS


def _verify(books: Connection) -> dict[str, CheckResult]:
    with Session(bind=books) as session:
        return {result.name: result for result in verify(session)}


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda one: one.deed.replace(" ", "-"))
def test_a_corruption_is_named_by_its_check(books: Connection, corruption: Corruption) -> None:
    changed = 0
    for statement in corruption.statements:
        changed = books.execute(text(statement)).rowcount
    assert changed != 0, "the statement met no row: the town lacks what it was to corrupt"
    finding = _verify(books)[corruption.check].finding
    assert finding.violations >= 1, f"{corruption.deed} went unseen"
    assert len(finding.named) >= 1
    assert all(named and named != "None" for named in finding.named)


def test_every_check_has_a_corruption_that_it_names(books: Connection) -> None:
    checks = set(_verify(books))
    tried = {corruption.check for corruption in CORRUPTIONS}
    assert checks - tried == set(), "add a corruption to tests/audit/corruptions.py"
    assert tried - checks == set(), "these checks are gone"
    print(f"tamperings={len(CORRUPTIONS)} named=100%")


def test_all_violations_are_counted_and_only_some_are_named(books: Connection) -> None:
    books.execute(text("SET LOCAL session_replication_role = replica"))
    coupons = books.execute(text("UPDATE coupons SET state = 'ACTIVE' WHERE state = 'AVAILABLE'")).rowcount
    finding = _verify(books)["a coupon is in the state its assignment says"].finding
    assert finding.violations == coupons > 20
    assert len(finding.named) == 20
