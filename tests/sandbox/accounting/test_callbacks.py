"""Companies that are ready later, or fail later: the shop hears of each, signed, until it says yes."""

from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.sandbox.accounting.stand import Accounting, Shop, company, running_accounting, running_shop

pytestmark = pytest.mark.sockets


def test_a_late_company_is_promised_and_then_told(accounting: Accounting, shop: Shop) -> None:
    promised = accounting.create(company(name="TARDI S.r.l."))
    assert (promised.status, list(promised.body)) == (202, ["operation"])
    asked = accounting.signed("GET", "/companies/c-1")
    assert (asked.status, asked.body["state"], asked.body["operation"]) == (202, "pending", promised.body["operation"])
    assert accounting.create(company(name="TARDI S.r.l.")).body == promised.body
    (told,) = accounting.flush()
    assert (told["status"], told["delivered"], told["id"]) == (204, True, "c-1")
    data = {"id": "c-1", "remote_id": "KC-000001", "reason": None}
    assert [body for _, body in shop.taken] == [{"type": "company.ready", "data": data}]
    assert accounting.signed("GET", "/companies/c-1").body["state"] == "ready"
    assert accounting.create(company(name="TARDI S.r.l.")).status == 409
    assert accounting.flush() == []


def test_a_late_refusal_is_told_with_its_reason(accounting: Accounting, shop: Shop) -> None:
    assert accounting.create(company(name="TARDI RIFIUTA S.r.l.")).status == 202
    accounting.flush()
    ((_, body),) = shop.taken
    assert (body["type"], body["data"]["remote_id"]) == ("company.failed", None)
    assert accounting.signed("GET", "/companies/c-1").body["reason"] == body["data"]["reason"]
    assert accounting.create(company(name="TARDI RIFIUTA S.r.l.")).status == 422


@pytest.mark.parametrize("refusal", [302, 400, 500, 503])
def test_every_retry_keeps_the_message_id(accounting: Accounting, shop: Shop, refusal: int) -> None:
    shop.answers = [refusal, refusal]
    accounting.control(next=["late"])
    accounting.create(company())
    tries = [accounting.flush() for _ in range(4)]
    assert [[(one["status"], one["attempt"]) for one in some] for some in tries] == [
        [(refusal, 1)],
        [(refusal, 2)],
        [(204, 3)],
        [],
    ]
    assert len({headers["webhook-id"] for headers, _ in shop.taken}) == 1


def test_a_company_is_ready_even_while_the_shop_does_not_listen(accounting: Accounting, shop: Shop) -> None:
    shop.answers = [500]
    accounting.control(next=["late"])
    accounting.create(company())
    accounting.flush()
    assert accounting.signed("GET", "/companies/c-1").body["state"] == "ready"


def test_gaps_grow_and_nothing_is_sent_before_it_is_due(accounting: Accounting, shop: Shop) -> None:
    shop.answers = [500] * 3
    accounting.control(next=["late"], callback_delay=10)
    accounting.create(company())
    steps = [(9, 0), (2, 1), (0.5, 0), (0.6, 1), (1.5, 0), (0.6, 1), (3.5, 0), (0.6, 1), (1000, 0)]
    assert [accounting.pass_seconds(seconds) for seconds, _ in steps] == [sent for _, sent in steps]


def test_without_an_order_the_wait_is_five_to_twenty_seconds(accounting: Accounting) -> None:
    accounting.control(rates={"late": 1})
    for number in range(30):
        accounting.create(company(f"c-{number}"), key=f"k-{number}")
    assert accounting.pass_seconds(4.9) == 0
    assert 0 < accounting.pass_seconds(7.5) < 30
    accounting.pass_seconds(7.7)
    assert accounting.send("GET", "/_control").body["callbacks_waiting"] == 0


def test_a_waiting_callback_survives_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "a.sqlite"
    with running_accounting(data, "http://127.0.0.1:1") as accounting:
        accounting.control(next=["late"])
        accounting.create(company())
        (tried,) = accounting.flush()
        assert (tried["status"], tried["delivered"]) == (None, False)
    with running_shop() as shop, running_accounting(data, shop.url) as accounting:
        (told,) = accounting.flush()
        assert (told["delivered"], told["attempt"]) == (True, 2)
        assert accounting.create(company()).status == 409


def test_while_down_no_callback_leaves(accounting: Accounting) -> None:
    accounting.control(next=["late"], callback_delay=10)
    accounting.create(company())
    accounting.control(down=True)
    assert accounting.pass_seconds(11) == 0
    accounting.control(down=False)
    assert accounting.pass_seconds(0) == 1


def test_what_falls_due_leaves_in_the_background(tmp_path: Path, shop: Shop) -> None:
    with running_accounting(tmp_path / "a.sqlite", shop.url, delivering=True) as accounting:
        accounting.control(next=["late"], callback_delay=0)
        accounting.create(company())
        end = monotonic() + 5
        while not shop.taken and monotonic() < end:
            sleep(0.02)
    assert [body["data"]["id"] for _, body in shop.taken] == ["c-1"]
