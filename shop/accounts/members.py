"""The people of a studio or a company: who they are, inviting, leaving, roles. There is always an owner."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import COMPANY, Party, must_have_proven_address, owns_access, seat_is_taken, seating_of
from foundation import clock
from foundation.events import Subject, record_event
from foundation.mail import queue_mail
from foundation.principal import STUDIO_PEOPLE, Principal
from foundation.tokens import link_subject, link_token_is_valid
from shop.accounts.api_tokens import count_tokens_made_by
from shop.accounts.passwords import hash_password
from shop.accounts.people import Membership, User
from shop.accounts.registration import new_membership, new_user
from shop.accounts.second_factor import forget_claims
from shop.accounts.sessions import revoke_membership_sessions
from shop.accounts.signing_in import Entrance, entrance_of, normal_email

INVITATION = "member_invited"
COMPANY_INVITATION = "company_member_invited"
COMPANY_ACCOUNT = "company_account"
"""The mail to an invited client whose company has just been created; its link is an invitation like any other."""
OWNER_ROLES = ("owner", "company_owner")
INVITATION_LASTS = timedelta(days=7)
COMPANY_MEMBER_ROLES = ("owner",)
"""Whom a company's owner invites here: its other people come in on a seat (M3, `seat_people`)."""
SEATED = "member"
"""The role of whoever sits on a seat."""


class MemberNotFound(Exception):
    """No such person in this studio."""


class LastOwner(Exception):
    """The studio or company would be left without an owner."""


class InvitationRefused(Exception):
    """The invitation is unknown, used, revoked, or older than seven days."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a studio, as its owner lists them."""

    membership_id: UUID
    user_id: UUID
    name: str
    email: str
    role: str
    invited_at: datetime | None


def roles_in(session: Session, party_id: UUID) -> tuple[str, ...]:
    """The roles a person may have in a studio, or in a company (M3)."""
    return COMPANY_MEMBER_ROLES if session.get_one(Party, party_id).kind == COMPANY else STUDIO_PEOPLE


def give_company_access(session: Session, company_id: UUID, email: str, by: Principal) -> bool:
    """Invite the first owner of a company that its studio activated; answers False when that is not the studio's to do.

    Only while nobody of the company can come in: from then on its owner decides.
    """
    if by.party_id is None or not owns_access(session, by.party_id, company_id):
        return False
    taken = select(Membership.id).where(
        Membership.party_id == company_id, Membership.revoked_at.is_(None), Membership.invited_at.is_(None)
    )
    if session.scalars(taken.limit(1)).first() is not None:
        return False
    invite_member(session, company_id, email, "owner", by)
    return True


def has_had_people(session: Session, party_id: UUID) -> bool:
    """Whether anybody ever came in for a party: from then on its owners decide who does, and who no longer."""
    entered = (Membership.party_id == party_id, Membership.invited_at.is_(None), Membership.role != SEATED)
    return session.scalars(select(Membership.id).where(*entered).limit(1)).first() is not None


def members_of(session: Session, party_id: UUID) -> list[Member]:
    """The people of a studio, owners first, those invited last; of a company its owners, others sit on seats (M3)."""
    query = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.party_id == party_id, Membership.revoked_at.is_(None), Membership.role != SEATED)
        .order_by(Membership.invited_at.is_not(None), Membership.role, User.email)
    )
    return [
        Member(one.id, user.id, "" if one.invited_at else user.name, user.email, one.role, one.invited_at)
        for one, user in session.execute(query)
    ]


def invite_member(session: Session, party_id: UUID, email: str, role: str, by: Principal) -> None:
    """Mail an invitation to work for a studio; asking again sends a new link and makes the old one worthless.

    Known and unknown people are treated alike, and nobody is added before they accept. Somebody new is written to in
    the language of whoever invites them.
    """
    invited = invite_person(session, party_id, email, role, by)
    if invited is not None:
        send_invitation(session, *invited, by)


def invite_person(
    session: Session, party_id: UUID, email: str, role: str, by: Principal
) -> tuple[Membership, User] | None:
    """Note that somebody is invited, without writing to them yet; None when they work there already.

    Raises AddressNotProven: who may be somebody else brings nobody in.
    """
    must_have_proven_address(session, by)
    email = normal_email(email)
    user = session.scalars(select(User).where(User.email == email)).one_or_none()
    if user is None:
        user = new_user(email, email, None, by.locale)
        session.add(user)
        session.flush()
    same = (Membership.user_id == user.id, Membership.party_id == party_id)
    membership = session.scalars(select(Membership).where(*same).with_for_update()).one_or_none()
    if membership is not None and _works_here(session, membership, role):
        return None
    if membership is None:
        membership = new_membership(user.id, party_id, role)
        session.add(membership)
    membership.role, membership.revoked_at, membership.invited_at = role, None, clock.real_now()
    session.flush()
    record_event(session, "member.invited", Subject("membership", membership.id, party_id), by, role=role)
    return membership, user


def _works_here(session: Session, membership: Membership, role: str) -> bool:
    """Whether somebody comes in already, or would come in both as an owner and on a seat (M3)."""
    if membership.revoked_at is None and membership.invited_at is None:
        return True
    if role == SEATED:
        return membership.revoked_at is None and membership.role != SEATED
    seated = seating_of(session, membership.party_id).taken if membership.role == SEATED else ()
    return any(seat.membership_id == membership.id for seat in seated)


def send_invitation(session: Session, membership: Membership, user: User, by: Principal, template: str = "") -> None:
    """Mail the link of this invitation; its version is the instant of inviting, so an older link is worthless."""
    version = _version(membership)
    party = session.get_one(Party, membership.party_id)
    queue_mail(
        session,
        cause=f"{INVITATION}:{membership.id}:{version}",
        to=user.email,
        template=template or _template(party, by),
        context={
            "studio": party.name,
            "membership_id": str(membership.id),
            "version": version,
        },
        party_id=membership.party_id,
        locale=user.locale,
    )


def _template(party: Party, by: Principal) -> str:
    if party.kind != COMPANY:
        return INVITATION
    return COMPANY_ACCOUNT if by.role == "invitee" else COMPANY_INVITATION


@dataclass(frozen=True, slots=True)
class Invitation:
    """A believed invitation: to which studio or company, whom, and whether they still have to choose a password."""

    membership: Membership
    user: User
    studio: str
    of_company: bool

    @property
    def new_person(self) -> bool:
        """Whether the invited person never chose a password here; one that a stranger may have chosen is none."""
        return self.user.password_hash is None or self.user.email_confirmed_at is None


def believe_invitation(session: Session, secret_key: str, token: str) -> Invitation:
    """The invitation a link speaks of, locked until the end of the transaction. Raises InvitationRefused."""
    subject = link_subject(token)
    query = (
        select(Membership, User, Party.name, Party.kind)
        .join(User, User.id == Membership.user_id)
        .join(Party, Party.id == Membership.party_id)
        .where(Membership.id == subject, Membership.revoked_at.is_(None), User.disabled_at.is_(None))
        .with_for_update(of=(Membership, User))
    )
    row = session.execute(query).one_or_none() if subject else None
    if row is None:
        raise InvitationRefused
    membership, user, studio, kind = row
    invited_at = membership.invited_at
    if invited_at is None or invited_at + INVITATION_LASTS <= clock.real_now():
        raise InvitationRefused
    if not link_token_is_valid(secret_key, INVITATION, token, membership.id, _version(membership)):
        raise InvitationRefused
    return Invitation(membership, user, studio, kind == COMPANY)


def accept_invitation(session: Session, invitation: Invitation, name: str, password: str) -> Entrance | None:
    """Join the studio. A new person gets name and password and comes in; a known one signs in with their own."""
    membership, user = invitation.membership, invitation.user
    membership.invited_at = None
    if membership.role == SEATED:
        seat_is_taken(session, membership.party_id, membership.id)
    entrance = None
    if invitation.new_person:
        forget_claims(session, user)
        user.name, user.password_hash = name, hash_password(password)
        user.email_confirmed_at = clock.now()
        session.flush()
        entrance = entrance_of(session, user, membership.id)
    record_event(session, "member.joined", Subject("membership", membership.id, membership.party_id))
    return entrance


def remove_member(session: Session, party_id: UUID, membership_id: UUID, by: Principal) -> int:
    """Take a person's access away, at once; not of whoever sits on a seat. Raises MemberNotFound, LastOwner.

    Answers how many API tokens they made for the party go on: programs are the party's, and stop when it says so.
    """
    membership = _locked(session, party_id, membership_id)
    membership.revoked_at = clock.now()
    membership.invited_at = None
    _keep_an_owner(session, party_id)
    revoke_membership_sessions(session, membership_id)
    record_event(session, "member.removed", Subject("membership", membership_id, party_id), by)
    return count_tokens_made_by(session, membership.user_id, party_id)


def change_member_role(session: Session, party_id: UUID, membership_id: UUID, role: str, by: Principal) -> None:
    """Give a person another role; they sign in again. Raises MemberNotFound, LastOwner."""
    membership = _locked(session, party_id, membership_id)
    if membership.role == role or role not in roles_in(session, party_id):
        return
    membership.role = role
    _keep_an_owner(session, party_id)
    revoke_membership_sessions(session, membership_id)
    record_event(session, "member.role_changed", Subject("membership", membership_id, party_id), by, role=role)


def _locked(session: Session, party_id: UUID, membership_id: UUID) -> Membership:
    """All memberships of the studio are locked, so that two owners cannot remove each other at the same moment."""
    query = select(Membership).where(Membership.party_id == party_id, Membership.revoked_at.is_(None))
    query = query.where(Membership.role != SEATED)
    everyone = session.scalars(query.order_by(Membership.id).with_for_update()).all()
    found = next((one for one in everyone if one.id == membership_id), None)
    if found is None:
        raise MemberNotFound
    return found


def _keep_an_owner(session: Session, party_id: UUID) -> None:
    session.flush()
    still = select(Membership.id).where(
        Membership.party_id == party_id,
        Membership.role == "owner",
        Membership.revoked_at.is_(None),
        Membership.invited_at.is_(None),
    )
    if session.scalars(still.limit(1)).first() is None:
        raise LastOwner


def _version(membership: Membership) -> int:
    assert membership.invited_at is not None  # noqa: S101 - only asked of an invited membership
    return int(membership.invited_at.timestamp() * 1_000_000)
