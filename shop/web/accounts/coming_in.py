"""The last steps of every way in (password, mail, invitation, deep link): second factor, cart, session."""

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, session
from werkzeug.wrappers import Response as Redirect

from foundation import clock
from foundation.access import SECOND_FACTOR_PATH
from foundation.database import transaction
from foundation.principal import NEEDS_SECOND_FACTOR
from shop.accounts.people import User
from shop.accounts.signing_in import Entrance
from shop.carts import adopt_cart
from shop.web.accounts.active_company import work_on_none
from shop.web.accounts.identification import let_in, let_on, second_factor_is_recent, signed_in
from shop.web.accounts.safe_ways import safe_path
from shop.web.accounts.web_session import browser_session

CART_KEY = "cart_id"
_PENDING_KEY = "second_factor_for"
_PENDING_SECONDS = 600
_PENDING_FIELDS = 5
_BUYERS = frozenset({"owner", "staff", "member"})


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody who gave the first proof and owes the second factor; they are not signed in.

    `link_version` is the person's at that proof: a password changed since then ends what the old one began.
    """

    user_id: UUID
    membership_id: UUID
    link_version: int | None
    way: str

    def still_holds(self, user: User) -> bool:
        """Whether the first proof counts: nobody has changed the password, or asked for a new one, since."""
        return self.link_version in {None, user.link_version}


def come_in(entrance: Entrance, way: str) -> Redirect:
    """Let somebody in who proved who they are, or ask for their second factor first; then on to `way`."""
    if entrance.second_factor_due:
        # Whoever knew this visit's token before the password was given must not share in what it proved.
        browser_session().rotate(browser_session().identity)
        user = entrance.user
        session[_PENDING_KEY] = [str(user.id), str(entrance.membership.id), user.link_version, _now(), way]
        return redirect(SECOND_FACTOR_PATH)
    finish(entrance, second_factor=False)
    return redirect(way)


def pending() -> Pending | None:
    """Who owes a second factor in this browser, for ten minutes after the first proof."""
    kept = session.get(_PENDING_KEY)
    if not kept or len(kept) != _PENDING_FIELDS:
        return None
    user_id, membership_id, link_version, since, way = kept
    if since + _PENDING_SECONDS < _now():
        return None
    return Pending(UUID(user_id), UUID(membership_id), link_version, safe_path(way))


def finish(entrance: Entrance, *, second_factor: bool) -> None:
    """Sign the browser in; the cart it collected before becomes the party's."""
    _arrive(entrance)
    let_in(entrance.user.id, entrance.membership, second_factor=second_factor)


def go_on(entrance: Entrance, way: str) -> Redirect:
    """Go on under another membership in the same visit; for a desk, a second factor of long ago is asked anew."""
    known = signed_in()
    shown = known is not None and known.second_factor
    desk = entrance.membership.role in NEEDS_SECOND_FACTOR
    if entrance.second_factor_due and (not shown or (desk and not second_factor_is_recent())):
        return come_in(entrance, way)
    _arrive(entrance)
    let_on(entrance.user.id, entrance.membership)
    return redirect(way)


def _arrive(entrance: Entrance) -> None:
    session.pop(_PENDING_KEY, None)
    cart_id = session.pop(CART_KEY, None)
    work_on_none()
    if cart_id and entrance.membership.role in _BUYERS:
        with transaction() as database:
            adopt_cart(database, UUID(cart_id), entrance.membership.party_id)


def _now() -> int:
    return int(clock.real_now().timestamp())
