import pytest
import stripe

from tests.sandbox.stripe.stand import Account


def sepa_charge(account: Account) -> stripe.Charge:
    session = account.open_session(allowed_payment_method_types=["sepa_debit"])
    account.act("pay_sepa", session.id)
    intent = account.client.v1.checkout.sessions.retrieve(session.id).payment_intent
    account.act("funds_arrived", str(intent))
    account.flush()
    return account.charge_of(session.id)


def test_partial_and_full_refunds_add_up_on_the_charge(account: Account) -> None:
    charge = account.paid_charge()
    first = account.client.v1.refunds.create(
        {"charge": charge.id, "amount": 2200, "reason": "requested_by_customer", "metadata": {"row": "1"}}
    )
    assert (first.status, first.amount) == ("succeeded", 2200)
    read = account.client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (read.amount_refunded, read.refunded) == (2200, False)
    assert read.refunds is not None
    assert [refund.id for refund in read.refunds.data] == [first.id]
    rest = account.client.v1.refunds.create({"payment_intent": str(charge.payment_intent)})
    assert rest.amount == 10000
    assert account.client.v1.charges.retrieve(charge.id).refunded is True
    listed = account.client.v1.refunds.list({"charge": charge.id})
    assert [refund.id for refund in listed.data] == [rest.id, first.id]
    assert account.event_types()[-4:] == ["refund.created", "charge.refunded"] * 2
    last = account.client.v1.events.list({"type": "charge.refunded"}).data[0]
    assert last.data.to_dict()["previous_attributes"] == {"amount_refunded": 2200, "refunded": False}


def test_more_than_what_is_left_is_never_refunded(account: Account) -> None:
    charge = account.paid_charge()
    account.client.v1.refunds.create({"charge": charge.id, "amount": 12000})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        account.client.v1.refunds.create({"charge": charge.id, "amount": 201})
    assert caught.value.param == "amount"
    account.client.v1.refunds.create({"charge": charge.id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        account.client.v1.refunds.create({"charge": charge.id})
    assert caught.value.code == "charge_already_refunded"
    assert account.client.v1.charges.retrieve(charge.id).amount_refunded == 12200


def test_the_same_refund_key_refunds_once(account: Account) -> None:
    charge = account.paid_charge()
    made = {
        account.client.v1.refunds.create({"charge": charge.id, "amount": 100}, {"idempotency_key": "refund-7"}).id
        for _ in range(3)
    }
    assert len(made) == 1
    assert account.client.v1.charges.retrieve(charge.id).amount_refunded == 100


def test_a_refund_needs_a_charge_with_money(account: Account) -> None:
    session = account.open_session()
    account.act("decline_card", session.id)
    charge = account.client.v1.charges.list().data[0]
    for params in ({"charge": charge.id}, {"charge": "ch_nobody"}, {}, {"charge": charge.id, "colour": "red"}):
        with pytest.raises(stripe.InvalidRequestError):
            account.client.v1.refunds.create(params)  # type: ignore[arg-type]
    assert account.client.v1.refunds.list().data == []


def test_a_sepa_refund_is_pending_until_the_bank_confirms(account: Account) -> None:
    refund = account.client.v1.refunds.create({"charge": sepa_charge(account).id})
    assert refund.status == "pending"
    account.act("refund_succeeded", refund.id)
    assert account.client.v1.refunds.retrieve(refund.id).status == "succeeded"
    last = account.client.v1.events.list({"type": "refund.updated"}).data[0]
    assert last.data.to_dict()["previous_attributes"] == {"status": "pending"}


def test_a_failed_refund_gives_the_money_back_and_can_be_repeated(account: Account) -> None:
    charge = account.paid_charge()
    refund = account.client.v1.refunds.create({"charge": charge.id, "amount": 5000})
    account.act("refund_failed", refund.id)
    assert account.client.v1.refunds.retrieve(refund.id).status == "failed"
    assert account.client.v1.charges.retrieve(charge.id).amount_refunded == 0
    movements = account.client.v1.balance_transactions.list({"source": refund.id})
    assert sum(movement.net for movement in movements.data) == 0
    assert account.client.v1.refunds.create({"charge": charge.id}).amount == 12200


def test_a_chargeback_takes_the_money_and_blocks_refunds_until_it_is_won(account: Account) -> None:
    charge = account.paid_charge()
    dispute = account.act("open_dispute", charge.id)
    read = account.client.v1.disputes.retrieve(dispute["id"])
    assert (read.status, read.amount) == ("needs_response", 12200)
    assert [movement.net for movement in read.balance_transactions] == [-14200]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        account.client.v1.refunds.create({"charge": charge.id})
    assert caught.value.code == "charge_disputed"
    account.client.v1.disputes.update(dispute["id"], {"evidence": {"product_description": "coupon"}, "submit": True})
    assert account.client.v1.disputes.retrieve(dispute["id"]).status == "under_review"
    account.act("win_dispute", dispute["id"])
    won = account.client.v1.disputes.list({"charge": charge.id}).data[0]
    assert won.status == "won"
    assert sum(movement.net for movement in won.balance_transactions) == 0
    assert account.event_types()[-5:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


def test_a_lost_chargeback_stays_lost_and_closed(account: Account) -> None:
    dispute = account.act("open_dispute", account.paid_charge().id)
    assert account.act("lose_dispute", dispute["id"])["status"] == "lost"
    answer = account.send("POST", "/_control/actions/win_dispute", b'{"id": "%s"}' % dispute["id"].encode())
    assert answer.status == 400
    assert account.event_types()[-1] == "charge.dispute.closed"


def test_an_inquiry_moves_no_money(account: Account) -> None:
    dispute = account.act("open_dispute", account.paid_charge().id, kind="inquiry")
    assert (dispute["status"], dispute["balance_transactions"]) == ("warning_needs_response", [])
    assert account.act("win_dispute", dispute["id"])["status"] == "warning_closed"
    assert account.event_types()[-2:] == ["charge.dispute.created", "charge.dispute.closed"]


def test_a_late_sepa_return_is_a_dispute_that_is_born_lost(account: Account) -> None:
    dispute = account.act("open_dispute", sepa_charge(account).id)
    assert (dispute["status"], dispute["reason"]) == ("lost", "insufficient_funds")
    created = account.client.v1.events.list({"type": "charge.dispute.created"}).data[0]
    assert created.data.object["status"] == "lost"
    assert created.data.object["balance_transactions"][0]["net"] == -12950


def test_a_payout_is_the_sum_of_its_movements_without_its_own_row(account: Account) -> None:
    charge = account.paid_charge()
    account.client.v1.refunds.create({"charge": charge.id, "amount": 2200})
    sepa_charge(account)
    payout = account.act("make_payout")
    rows = account.client.v1.balance_transactions.list({"payout": payout["id"], "limit": 1})
    movements = list(rows.auto_paging_iter())
    own = [movement for movement in movements if movement.type == "payout"]
    others = [movement for movement in movements if movement.type != "payout"]
    assert [movement.net for movement in own] == [-payout["amount"]]
    assert sum(movement.net for movement in others) == payout["amount"] == 11992 - 2200 + 12165
    assert account.event_types()[-3:] == ["payout.created", "payout.paid", "payout.reconciliation_completed"]
    assert account.client.v1.payouts.retrieve(payout["id"]).reconciliation_status == "completed"


def test_movements_are_paid_out_once_and_a_failed_payout_returns_in_the_next(account: Account) -> None:
    account.paid_charge()
    first = account.act("make_payout")
    assert account.send("POST", "/_control/actions/make_payout", b"{}").status == 400
    account.act("fail_payout", first["id"])
    assert account.event_types()[-1] == "payout.failed"
    assert account.act("make_payout")["amount"] == first["amount"]
