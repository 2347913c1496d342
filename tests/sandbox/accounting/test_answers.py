"""Every way the accounting program can answer, and that each company is created once."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.accounting.stand import OTHER_SECRET, Accounting, company

pytestmark = pytest.mark.sockets


def test_a_new_company_is_ready_at_once(accounting: Accounting) -> None:
    answer = accounting.create(company())
    assert (answer.status, answer.body) == (200, {"remote_id": "KC-000001"})


def test_the_same_key_again_answers_that_it_exists(accounting: Accounting) -> None:
    accounting.create(company())
    again = accounting.create(company())
    assert (again.status, again.body) == (409, {"remote_id": "KC-000001"})


def test_another_body_under_the_same_key_is_refused(accounting: Accounting) -> None:
    accounting.create(company())
    assert accounting.create(company(plan="CORPORATE")).status == 422


def test_ten_callers_with_one_key_create_one_company(accounting: Accounting) -> None:
    with ThreadPoolExecutor(10) as pool:
        statuses = [answer.status for answer in pool.map(lambda _: accounting.create(company()), range(10))]
    assert sorted(statuses) == [200] + [409] * 9


def test_another_key_creates_the_company_twice_and_the_program_says_so(accounting: Accounting) -> None:
    accounting.create(company(), key="first")
    accounting.create(company(), key="second")
    assert accounting.send("GET", "/_control").body["companies"]["created_twice"] == 1


def test_a_missing_key_is_a_mistake_of_the_caller(accounting: Accounting) -> None:
    assert accounting.signed("POST", "/companies", company()).status == 400


def test_a_refusal_is_definitive(accounting: Accounting) -> None:
    first, again = (accounting.create(company(name="RIFIUTA S.r.l.")) for _ in range(2))
    assert (first.status, again.status) == (422, 422)
    assert first.body["reason"]
    assert first.body == again.body
    asked = accounting.signed("GET", "/companies/c-1")
    assert (asked.status, asked.body["state"], asked.body["reason"]) == (422, "failed", first.body["reason"])


@pytest.mark.parametrize(("outcome", "exists"), [("lost", True), ("timeout", True), ("hang", False)])
def test_silence_closes_the_connection(accounting: Accounting, outcome: str, exists: bool) -> None:
    accounting.control(next=[outcome], hang_seconds=0.05)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        accounting.create(company())
    assert accounting.signed("GET", "/companies/c-1").status == (200 if exists else 404)
    assert accounting.create(company()).status == (409 if exists else 200)


def test_a_company_with_a_lost_answer_by_name_exists(accounting: Accounting) -> None:
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        accounting.create(company(name="PERSA S.r.l."))
    assert accounting.create(company(name="PERSA S.r.l.")).status == 409


def test_an_inner_error_creates_nothing(accounting: Accounting) -> None:
    accounting.control(next=["error500", "error500"])
    assert [accounting.create(company()).status for _ in range(3)] == [500, 500, 200]


def test_while_down_every_call_is_turned_away(accounting: Accounting) -> None:
    accounting.control(down=True)
    turned_away = accounting.create(company())
    assert (turned_away.status, turned_away.headers["Retry-After"]) == (503, "1")
    accounting.control(down=False)
    assert accounting.create(company()).status == 200


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "JSON"),
        (b"[]", "oggetto"),
        (b"\xff{}", "UTF-8"),
        (company(plan=""), "plan"),
        (company(company=None), "company"),
        (company(company={"name": "Gallo"}), "vat_number"),
        (company(company={"name": "Gallo", "vat_number": "123"}), "11 cifre"),
        (company(company={"name": "Gallo", "tax_code": "X", "ateco": "10"}), "ateco"),
        (company(company={"name": "Gallo", "tax_code": "X", "pec": 7}), "pec"),
        (company(starts_on="01/01/2026"), "starts_on"),
        (company(ends_on="2026-01-01"), "ends_on"),
        (company(limits=[]), "limits"),
        (company(linked_studio={}), "linked_studio"),
        (company(payer=4), "payer"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_with_the_reason(
    accounting: Accounting, content: bytes | dict[str, Any], told: str
) -> None:
    answer = accounting.create(content)
    assert answer.status == 422
    assert told in answer.body["reason"]
    assert accounting.send("GET", "/_control").body["companies"]["ready"] == 0


def test_a_signature_with_another_secret_is_not_accepted(accounting: Accounting) -> None:
    answer = accounting.signed("POST", "/companies", company(), "key-1", secret=OTHER_SECRET)
    assert answer.status == 401
    assert accounting.send("GET", "/_control").body["companies"]["ready"] == 0


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_five_minutes_away_is_not_accepted(accounting: Accounting, seconds: int) -> None:
    here = accounting.clock.now
    accounting.clock.now = here + seconds
    headers_made_elsewhere = Accounting(accounting.port, type(accounting.clock)())
    assert headers_made_elsewhere.create(company()).status == 401
    accounting.clock.now = here + (seconds - 4 if seconds > 0 else seconds + 4) // 2
    assert headers_made_elsewhere.create(company()).status == 200


def test_an_unsigned_question_is_not_answered(accounting: Accounting) -> None:
    accounting.create(company())
    assert accounting.send("GET", "/companies/c-1").status == 401
    assert accounting.send("PATCH", "/companies/c-1", b"{}").status == 401


def test_asking_knows_a_company_by_both_names(accounting: Accounting) -> None:
    accounting.create(company())
    asked = accounting.signed("GET", "/companies/c-1").body
    assert (asked["state"], asked["remote_id"], asked["plan"]) == ("ready", "KC-000001", "LITE")
    assert accounting.signed("GET", "/companies/KC-000001").body["id"] == "c-1"
    assert accounting.signed("GET", "/companies/KC-x").status == 404


def test_the_default_shares_are_drawn_the_same_for_the_same_seed(accounting: Accounting) -> None:
    accounting.control(rates={"late": 0.3, "refuse": 0.3})
    statuses = [accounting.create(company(f"c-{n}"), key=f"k-{n}").status for n in range(60)]
    again = [accounting.create(company(f"c-{n}"), key=f"again-{n}").status for n in range(60)]
    assert set(statuses) == {200, 202, 422}
    assert statuses == again


@pytest.mark.parametrize(
    "orders",
    [
        {"next": ["perhaps"]},
        {"next": "late"},
        {"rates": {"late": 2}},
        {"rates": {"late": "x"}},
        {"rates": {"ok": 0.5}},
        {"rates": 3},
        {"callback_delay": -1},
        {"down": "yes"},
        {"unheard": 1},
    ],
)
def test_an_order_that_makes_no_sense_changes_nothing(accounting: Accounting, orders: dict[str, Any]) -> None:
    before = accounting.send("GET", "/_control").body
    assert accounting.control(**orders).status == 422
    assert accounting.send("GET", "/_control").body == before


def test_resetting_forgets_every_order(accounting: Accounting) -> None:
    before = accounting.send("GET", "/_control").body
    accounting.control(next=["late"], down=True, callback_delay=3, rates={"lost": 0.5})
    assert accounting.control(reset=True).body == before
