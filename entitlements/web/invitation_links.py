"""Links of invitations: believed with a throttle on guesses, and a draft that opens only where its client has typed."""

from datetime import timedelta

from flask import Response, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from entitlements.drafts import invitation_draft_of
from entitlements.invitations import OPEN_STATES, Invitation, InvitationOver, believe_invitation_link
from entitlements.purchases import purchase_of
from foundation.remembered import is_remembered_here
from foundation.settings import current_settings
from foundation.throttle import Limit, count_try
from foundation.tokens import keyed_hash

INVITATION = "invitation"
"""The kind of what a browser remembers once it may read what was typed."""

WRONG_LINKS = Limit(30, timedelta(minutes=10))


def held_invitation(session: Session, token: str, *, lock: bool = False) -> Invitation:
    """The invitation behind a link; looking changes nothing (D6).

    Raises InvitationOver; TooManyRequests for an address of the network that tries many links that were never made.
    """
    settings = current_settings()
    try:
        return believe_invitation_link(session, settings.secret_key, token, lock=lock)
    except InvitationOver as over:
        if over.why == "UNKNOWN":
            address = keyed_hash(settings.secret_key, "throttle", request.remote_addr or "")
            wait = count_try(f"invitation-links:{address}", WRONG_LINKS)
            if wait is not None:
                raise TooManyRequests(retry_after=int(wait.total_seconds()) + 1) from over
        raise


def may_write(session: Session, invitation: Invitation) -> bool:
    """Whether the form is open: nothing was ordered yet, or what was paid waits for corrected data."""
    if invitation.state in {*OPEN_STATES, "BOUNCED"}:
        return True
    purchase = purchase_of(session, invitation.id) if invitation.state == "PAID" else None
    return purchase is not None and purchase.state == "WAITING"


def may_read(session: Session, invitation: Invitation) -> bool:
    """Whether this browser may see what was typed: it typed it, or gave the code that was mailed."""
    return is_remembered_here(INVITATION, invitation.id) or invitation_draft_of(session, invitation.id) is None


def without_traces(answer: Response) -> Response:
    """Keep a page behind a link out of caches, referrers and search engines: its address is a secret."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
