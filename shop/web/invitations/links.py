"""Links of invitations at the till: believed as on the first page (that throttles guesses), and kept out of caches."""

from typing import NoReturn

from flask import Response, abort, redirect
from sqlalchemy.orm import Session

from entitlements import invitations
from foundation.remembered import is_remembered_here
from foundation.settings import current_settings

INVITATION = "invitation"
"""The kind of what a browser remembers once it may read what was typed."""


def held(session: Session, token: str, *, lock: bool = False) -> invitations.Invitation:
    """The invitation behind a link. One that is over leads to the first page, which says why and offers a way on."""
    try:
        return invitations.believe_invitation_link(session, current_settings().secret_key, token, lock=lock)
    except invitations.InvitationOver:
        _leave(f"/invito/{token}")


def known_here(invitation: invitations.Invitation) -> bool:
    """Whether this browser typed the data, or gave the code that was mailed."""
    return is_remembered_here(INVITATION, invitation.id)


def _leave(path: str) -> NoReturn:
    abort(redirect(path, 303))


def without_traces(answer: Response) -> Response:
    """Keep a page behind a link out of caches, referrers and search engines: its address is a secret."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
