"""What the shop tells later: plan, mode, limits, term."""

import pytest

from tests.sandbox.accounting.stand import Accounting, company

pytestmark = pytest.mark.sockets


def test_a_change_is_kept_and_the_rest_stays(accounting: Accounting) -> None:
    accounting.create(company())
    answer = accounting.signed("PATCH", "/companies/c-1", {"plan": "CORPORATE", "limits": {"documents": 9}}, "p-1")
    asked = accounting.signed("GET", "/companies/c-1").body
    assert (answer.status, answer.body) == (200, {"remote_id": "KC-000001"})
    assert (asked["plan"], asked["limits"], asked["ends_on"]) == ("CORPORATE", {"documents": 9}, "2027-01-01")


def test_an_old_change_repeated_late_does_not_undo_a_newer_one(accounting: Accounting) -> None:
    accounting.create(company())
    accounting.signed("PATCH", "/companies/c-1", {"access_mode": "READ_ONLY"}, "p-1")
    accounting.signed("PATCH", "/companies/c-1", {"access_mode": "FULL"}, "p-2")
    repeated = accounting.signed("PATCH", "/companies/c-1", {"access_mode": "READ_ONLY"}, "p-1")
    assert repeated.status == 200
    assert accounting.signed("GET", "/companies/c-1").body["access_mode"] == "FULL"


def test_another_change_under_the_same_key_is_refused(accounting: Accounting) -> None:
    accounting.create(company())
    accounting.signed("PATCH", "/companies/c-1", {"plan": "CORPORATE"}, "p-1")
    assert accounting.signed("PATCH", "/companies/c-1", {"plan": "LITE"}, "p-1").status == 422


@pytest.mark.parametrize(
    "change", [{}, {"company": {"name": "Altra"}}, {"plan": ""}, {"ends_on": "2025-12-31"}, {"limits": 4}]
)
def test_a_change_that_makes_no_sense_is_refused(accounting: Accounting, change: dict[str, object]) -> None:
    accounting.create(company())
    before = accounting.signed("GET", "/companies/c-1").body
    assert accounting.signed("PATCH", "/companies/c-1", change, "p-1").status == 422
    assert accounting.signed("GET", "/companies/c-1").body == before


def test_a_change_of_an_unknown_company_is_not_found(accounting: Accounting) -> None:
    assert accounting.signed("PATCH", "/companies/nobody", {"plan": "LITE"}, "p-1").status == 404


def test_a_refused_company_cannot_change(accounting: Accounting) -> None:
    accounting.create(company(name="RIFIUTA"))
    assert accounting.signed("PATCH", "/companies/c-1", {"plan": "LITE"}, "p-1").status == 422


def test_a_change_can_be_made_to_fail_and_then_passes(accounting: Accounting) -> None:
    accounting.create(company())
    accounting.control(next_patch=["error500", "refuse"])
    statuses = [accounting.signed("PATCH", "/companies/c-1", {"plan": "X"}, "p-1").status for _ in range(4)]
    assert statuses == [500, 422, 200, 200]
