"""The jobs and due rules of this room: edges that open their own transactions."""

from contextlib import suppress
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from entitlements import audit, audit_services  # noqa: F401 - they register their checks
from entitlements.connections import audit as connections_audit  # noqa: F401 - registers its checks
from entitlements.connections.handovers import HANDOVER_EXPIRES, expire_handover
from entitlements.connections.link_requests import REQUEST_EXPIRES, expire_request
from entitlements.connections.moves import MOVE_EXPIRES, expire_move
from entitlements.contracts import audit as contracts_audit  # noqa: F401 - registers its checks
from entitlements.coupons.voiding import expire_pack
from entitlements.invitations import audit as invitations_audit  # noqa: F401 - registers its checks
from entitlements.invoicing import GrantRefused, Invoicing
from entitlements.invoicing.accounts import forget_tokens, token_to_revoke
from entitlements.provisioning.attempts import ask_again, attempt
from entitlements.provisioning.changes import TELL, tell
from entitlements.provisioning.provisioner import Provisioner
from entitlements.running.life import REMIND, TURN, WELCOME, day_turns, remind, welcome_back
from entitlements.storage import audit as storage_audit  # noqa: F401 - registers its checks
from entitlements.wallets import EXPIRY_RULE, expire_bucket
from foundation.database import transaction
from foundation.jobs import DueRow, due_rule, job
from foundation.settings import current_settings


def provisioner() -> Provisioner:
    """The provisioner this application was built with."""
    found: Provisioner = current_app.extensions["gettone.provisioner"]
    return found


@job("invoicing.revoke", tries=40)
def revoke_consent(account_id: str) -> None:
    """Take the consent back at the invoicing service, until it has answered; then nothing of the tokens stays."""
    service: Invoicing | None = current_app.extensions["gettone.invoicing"]
    with transaction() as session:
        token = token_to_revoke(session, current_settings().secret_key, UUID(account_id))
    if token is not None and service is not None:
        # Refused, it knows nothing of this consent any more, which is what was wanted.
        with suppress(GrantRefused):
            service.revoke(token)
    with transaction() as session:
        forget_tokens(session, UUID(account_id))


@job("provisioning.call", tries=1_000)
def call_provisioner(company_id: str) -> None:
    """Ask the vendor's software to create a company."""
    attempt(UUID(company_id), provisioner())


@job("provisioning.ask", tries=1_000)
def ask_provisioner(company_id: str) -> None:
    """Ask what became of an accepted request."""
    ask_again(UUID(company_id), provisioner())


@job(TELL, tries=1_000)
def tell_provisioner(company_id: str) -> None:
    """Tell the vendor's software what a company may do now."""
    tell(UUID(company_id), provisioner())


@due_rule(TURN)
def turn(session: Session, row: DueRow) -> None:
    """A day on which a company's services change has come."""
    day_turns(session, row)


@due_rule(REMIND)
def remind_of_end(session: Session, row: DueRow) -> None:
    """Something is about to end."""
    remind(session, row)


@due_rule(WELCOME)
def welcome_services_back(session: Session, row: DueRow) -> None:
    """A base came back out of its limited days."""
    welcome_back(session, row)


@due_rule("coupons.expire")
def expire_coupons(session: Session, row: DueRow) -> None:
    """The time to activate a pack's coupons has passed."""
    expire_pack(session, row.subject_id)


@due_rule(EXPIRY_RULE)
def expire_wallet(session: Session, row: DueRow) -> None:
    """The last day of a pack or credit has passed."""
    expire_bucket(session, row.subject_id)


@due_rule(REQUEST_EXPIRES)
def expire_link_request(session: Session, row: DueRow) -> None:
    """Nobody answered a request to link."""
    expire_request(session, row.subject_id)


@due_rule(HANDOVER_EXPIRES)
def expire_payer_handover(session: Session, row: DueRow) -> None:
    """Nobody answered a proposal about who pays."""
    expire_handover(session, row.subject_id)


@due_rule(MOVE_EXPIRES)
def expire_studio_move(session: Session, row: DueRow) -> None:
    """Not everybody agreed to a move."""
    expire_move(session, row.subject_id)
