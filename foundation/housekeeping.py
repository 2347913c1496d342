"""Housekeeping: rows that only served a moment are swept away once a day; nothing of the books is ever among them."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from foundation import clock
from foundation.idempotency import KEPT, IdempotencyKey
from foundation.jobs import DueRow, round_rule
from foundation.logs import log
from foundation.throttle import ThrottleCounter


@round_rule("foundation.sweep", every=timedelta(days=1))
def sweep(session: Session, _row: DueRow) -> None:
    """Forget idempotency keys older than their promise and counters whose window has ended (both in real time)."""
    now = clock.real_now()
    old_keys = delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT)
    ended = delete(ThrottleCounter).where(ThrottleCounter.window_ends_at < now)
    swept = sum(
        len(session.execute(statement).all())
        for statement in (old_keys.returning(IdempotencyKey.key), ended.returning(ThrottleCounter.key))
    )
    log().info("rows swept", rows=swept)
