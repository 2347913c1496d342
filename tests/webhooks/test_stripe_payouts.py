"""Payouts: matched row by row, to the cent, in both forms."""

import json

import pytest

from entitlements import Account, balance
from foundation import clock
from shop.payments.attempts import StripeCustomer
from shop.payments.finance_tasks import close_tasks
from shop.payments.stripe_facts import StripeCharge, StripeDispute, StripePayout, StripeRefund, fact_id
from tests.webhooks.stand import FORMS, NEEDS_SHARED, SHARED, Json, Stand, an_event, story

both_forms = pytest.mark.parametrize("form", FORMS)
PAYOUT = "po_test_1"


def a_payout(stand: Stand, amount: int, rows: list[Json]) -> Json:
    """A reconciled payout with these movements and its own."""
    payout: Json = {
        "id": PAYOUT,
        "object": "payout",
        "amount": amount,
        "status": "paid",
        "reconciliation_status": "completed",
        "arrival_date": 1_796_202_000,
        "livemode": False,
        "metadata": {},
    }
    stand.gateway.objects[PAYOUT] = payout
    stand.gateway.rows[PAYOUT] = [*rows, row("txn_own", "payout", -amount, PAYOUT)]
    return payout


def row(row_id: str, row_type: str, net: int, source: str | None, fee: int = 0) -> Json:
    return {"id": row_id, "type": row_type, "amount": net + fee, "fee": fee, "net": net, "source": source}


def known_charge(stand: Stand, charge_id: str, number: str, gross: int) -> None:
    order_id = stand.shared_order(number, gross)
    with stand.tx() as session:
        session.add(
            StripeCharge(
                id=charge_id,
                order_id=order_id,
                amount_cents=gross,
                refunded_cents=0,
                status="succeeded",
                read_started_at=clock.real_now(),
            )
        )


def stored(stand: Stand, payout_id: str = PAYOUT) -> StripePayout:
    with stand.tx() as session:
        return session.get_one(StripePayout, payout_id)


def holdings(stand: Stand, *kinds: str) -> list[int]:
    with stand.tx() as session:
        return [balance(session, Account(kind)) for kind in kinds]


@both_forms
def test_a_payout_whose_rows_sum_to_it_is_matched_and_booked_once(stand: Stand, form: str) -> None:
    known_charge(stand, "ch_1", "ORD-2026-000901", 12_200)
    rows = [row("txn_1", "charge", 11_992, "ch_1", 208), row("txn_2", "stripe_fee", -251, None)]
    payout = a_payout(stand, 11_741, rows)
    for event_type in ("payout.paid", "payout.reconciliation_completed", "payout.reconciliation_completed"):
        assert stand.tell(an_event(event_type, payout), form) == "payout-paid"
    found = stored(stand)
    assert found.difference_cents == 0
    assert [(one["kind"], one["order"]) for one in found.rows["rows"]] == [("charge", "ORD-2026-000901"), ("fee", None)]
    assert stand.open_tasks() == {}
    assert holdings(stand, "bank", "fees") == [-11_741, -251]


@both_forms
def test_a_difference_of_one_cent_is_a_task_and_is_not_reopened_by_a_repeat(stand: Stand, form: str) -> None:
    known_charge(stand, "ch_1", "ORD-2026-000901", 12_200)
    payout = a_payout(stand, 11_993, [row("txn_1", "charge", 11_992, "ch_1", 208)])
    stand.tell(an_event("payout.reconciliation_completed", payout), form)
    assert stored(stand).difference_cents == -1
    assert stand.open_tasks()["payout_difference"].facts["difference_cents"] == -1
    with stand.tx() as session:
        close_tasks(session, "payout_difference", fact_id(PAYOUT), "looked at")
    stand.tell(an_event("payout.reconciliation_completed", payout), form)
    assert stand.open_tasks() == {}


@both_forms
def test_a_movement_of_nobody_is_a_task(stand: Stand, form: str) -> None:
    payout = a_payout(stand, 500, [row("txn_1", "charge", 500, "ch_of_nobody")])
    stand.tell(an_event("payout.reconciliation_completed", payout), form)
    assert stand.open_tasks()["payout_difference"].facts["unmatched"] == ["txn_1"]


@both_forms
def test_a_payout_that_failed_brings_the_money_back_and_raises_an_alert(stand: Stand, form: str) -> None:
    payout = a_payout(stand, 500, [row("txn_1", "stripe_fee", 500, None)])
    stand.tell(an_event("payout.paid", payout), form)
    payout["status"] = "failed"
    failed = an_event("payout.failed", payout)
    assert stand.tell(failed, form) == "payout-failed"
    stand.tell(failed | {"id": f"{failed['id']}again"}, form)
    assert holdings(stand, "bank") == [0]
    assert set(stand.open_tasks()) == {"payout_failed"}


@NEEDS_SHARED
@both_forms
def test_the_shared_payout_sums_to_the_cent_without_its_own_row(stand: Stand, form: str) -> None:
    shared = json.loads((SHARED / "objects" / "payout_reconciliation.json").read_text())
    payout_id = shared["payout"]["id"]
    stand.gateway.objects[payout_id] = shared["payout"]
    stand.gateway.rows[payout_id] = shared["balance_transactions"]["data"]
    for charge_id, number, gross in (
        ("ch_3TtOrd1230Cq1xYz2", "ORD-2026-000123", 12_200),
        ("py_3TtOrd1240Cq1xYz2", "ORD-2026-000124", 12_200),
        ("py_3TtOrd1250Cq1xYz2", "ORD-2026-000125", 24_400),
    ):
        known_charge(stand, charge_id, number, gross)
    with stand.tx() as session:
        order_id = session.get_one(StripeCharge, "ch_3TtOrd1230Cq1xYz2").order_id
        now = clock.real_now()
        facts: Json = {"order_id": order_id, "read_started_at": now}
        session.add(StripeRefund(id="re_3TtOrd1230Cq1xYz2", amount_cents=2_200, status="succeeded", **facts))
        session.add(
            StripeDispute(
                id="du_1TtOther",
                case_id=fact_id("du_1TtOther"),
                amount_cents=10_000,
                status="needs_response",
                **facts,
            )
        )
    assert stand.tell(story()["62"], form) == "payout-paid"
    found = stored(stand, payout_id)
    assert (found.amount_cents, found.difference_cents, len(found.rows["rows"])) == (33_984, 0, 6)
    assert {one["kind"] for one in found.rows["rows"]} == {"charge", "refund", "dispute", "fee"}
    assert "payout_difference" not in stand.open_tasks()


@NEEDS_SHARED
def test_money_over_at_stripe_is_a_task_for_finance(stand: Stand) -> None:
    with stand.tx() as session:
        session.add(StripeCustomer(party_id=stand.studio.id, customer_id=story()["25"]["data"]["object"]["customer"]))
    assert stand.tell(story()["25"]) == "cash-balance"
    assert stand.open_tasks()["cash_balance"].facts["ending_balance"] == 1_000
