"""Sessions that ended and deep links that were followed are kept a month, then forgotten."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from foundation import clock
from foundation.jobs import DueRow, round_rule
from shop.accounts.people import UsedDeepLink, WebSession

KEPT = timedelta(days=30)


@round_rule("accounts.sweep", every=timedelta(days=1))
def sweep_sessions(session: Session, _row: DueRow) -> None:
    """Delete what ended a month ago in real time; a deep link lives minutes, so its nonce has long done its work."""
    long_ago = clock.real_now() - KEPT
    session.execute(delete(WebSession).where((WebSession.expires_at < long_ago) | (WebSession.revoked_at < long_ago)))
    session.execute(delete(UsedDeepLink).where(UsedDeepLink.used_at < long_ago))
