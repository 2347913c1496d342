"""Who uses a wallet and who takes back what is left in it lock its buckets one after the other."""

from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select

from entitlements import Cause, recover_unused
from entitlements.wallets import WalletBucket, consume, fill_bucket
from foundation import clock
from foundation.database import apart, transaction
from foundation.ids import new_id
from tests.committed import committed_app, committed_url
from tests.entitlements.filling import a_company
from tests.races.contest import LONGEST_SECONDS, contend, until_so_many_wait

__all__ = ["committed_app", "committed_url"]
pytestmark = pytest.mark.race


def test_using_a_wallet_and_taking_back_what_is_left_wait_for_each_other_in_one_order(committed_app: Flask) -> None:
    # Of the two packs the one that was bought last ends first, so it is used first.
    packs = [(new_id(), 300), (new_id(), 30)]
    with committed_app.app_context(), transaction() as session:
        company_id = a_company(session)
        for cause_id, days in packs:
            bucket = WalletBucket(
                holder_party_id=company_id,
                meter="documents",
                funding="PAID",
                granted=10,
                sku="PACK",
                ends_on=clock.today() + timedelta(days=days),
                cause_kind="order_line",
                cause_id=cause_id,
                created_at=clock.now(),
            )
            assert fill_bucket(session, bucket)

    def use(_only: int) -> str:
        with committed_app.app_context(), transaction() as session:
            return type(consume(session, company_id, [company_id], "documents", 12, "r-1")).__name__

    def take_back(_only: int) -> int:
        with committed_app.app_context(), transaction() as session:
            sold_for = {cause_id: 1_000 for cause_id, _days in packs}
            return recover_unused(session, "order_line", sold_for, Cause("refund_request", new_id()))

    used, taken = list[object](), list[object]()
    user = Thread(target=lambda: used.extend(contend(1, use)))
    finance = Thread(target=lambda: taken.extend(contend(1, take_back)))
    with committed_app.app_context(), apart() as elsewhere:
        elsewhere.scalars(select(WalletBucket).where(WalletBucket.cause_id == packs[1][0]).with_for_update()).one()
        for waiting, thread in enumerate((user, finance), start=1):
            thread.start()
            until_so_many_wait(committed_app, waiting)
    for thread in (user, finance):
        thread.join(LONGEST_SECONDS)
    assert (used, taken) == (["Consumed"], [8])
