"""/account/referral: the account's code and link, who came by it, and what was earned (F002-05, F002-06)."""

from uuid import UUID

from flask import redirect, render_template, request

from entitlements import CREDITS_EACH, Party, credits_earned, credits_left, give_code, referrals_of
from foundation.access import requires
from foundation.database import transaction
from foundation.principal import current_principal
from foundation.settings import current_settings
from shop.web.accounts.blueprint import Answer, accounts

PATH = "/account/referral"
ACCOUNTS = ("owner", "staff", "company_owner")
_PAGE = 50


@accounts.get(PATH)
@requires(*ACCOUNTS)
def referral() -> Answer:
    """The code, the link, and what came of it."""
    own, after = _own(), _after()
    with transaction() as session:
        code = session.get_one(Party, own).referral_code
        rows = referrals_of(session, own, after, _PAGE + 1)
        earned, left = credits_earned(session, own), credits_left(session, own)
    return render_template(
        "accounts/referral.html",
        code=code,
        link=f"{current_settings().public_url}/registrati/azienda?referral={code}",
        rows=rows[:_PAGE],
        earned=earned,
        left=left,
        each=CREDITS_EACH,
        next_url=f"{PATH}?after={rows[_PAGE - 1].id}" if len(rows) > _PAGE else "",
        previous_url=PATH if after else "",
        own=own,
    )


@accounts.post(PATH)
@requires(*ACCOUNTS)
def referral_code() -> Answer:
    """Make the code of an account that has none yet."""
    with transaction() as session:
        give_code(session, _own())
    return redirect(PATH)


def _own() -> UUID:
    by = current_principal()
    assert by is not None  # noqa: S101 - the route asks for an account
    assert by.party_id is not None  # noqa: S101 - and these roles act for one
    return by.party_id


def _after() -> UUID | None:
    try:
        return UUID(request.args.get("after", ""))
    except ValueError:
        return None
