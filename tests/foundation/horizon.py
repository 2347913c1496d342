"""Readers of events stay behind the oldest transaction of the whole server, also behind those of other test workers."""

import time

from sqlalchemy import text

from foundation.database import transaction

_BEHIND = text(
    "SELECT count(*) FROM events WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
)


def wait_until_readable(seconds: float = 300) -> None:
    """Wait until every committed event may be read; needs an application context."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with transaction() as session:
            if session.execute(_BEHIND).scalar_one() == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("some transaction on this server has been open for too long")
