"""Registration of a studio or a company by its owner; what is answered never tells who is known already (S10)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from entitlements import COMPANY, STUDIO, Party, StudioData, company_lives, give_code, new_party, use_code
from foundation import clock
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.mail import queue_mail
from shop.accounts.arrivals import address_proven, email_key
from shop.accounts.mailed_links import CONFIRM_EMAIL, RESET_PASSWORD, send_link
from shop.accounts.passwords import hash_password
from shop.accounts.people import Membership, User
from shop.accounts.second_factor import forget_claims
from shop.accounts.sessions import revoke_sessions
from shop.accounts.signing_in import change_password, normal_email


@dataclass(frozen=True, slots=True)
class Registration:
    """A studio's or company's checked data, its owner's name and password; the owner's address is also the party's."""

    data: StudioData
    owner_name: str
    password: str
    locale: str = "it"
    kind: str = STUDIO
    referral: str = ""


def register(session: Session, asked: Registration) -> None:
    """Store party, owner and membership and mail the link that confirms the address.

    A known address, studio or company (M6) changes nothing: the person is told by mail, where only they read it.
    """
    password_hash = hash_password(asked.password)
    email = normal_email(asked.data.email)
    if _person(session, email) is not None:
        _tell(session, email, "already_registered", asked)
        return
    known = "company_known" if asked.kind == COMPANY else "studio_known"
    if asked.kind == COMPANY and company_lives(session, asked.data.tax_code):
        _tell(session, email, known, asked)
        return
    try:
        with session.begin_nested():
            _store(session, asked, email, password_hash)
    except IntegrityError:
        # The tax code is registered, or the same form arrived twice at this very moment.
        _tell(session, email, known, asked)


def _store(session: Session, asked: Registration, email: str, password_hash: str) -> None:
    party = _party_of(asked, email)
    user = new_user(email, asked.owner_name, password_hash, asked.locale)
    session.add_all((party, user))
    session.flush()
    session.add(new_membership(user.id, party.id, "owner"))
    session.flush()
    give_code(session, party.id)
    if asked.referral:
        use_code(session, asked.referral, party, email_key(email))
    send_link(session, user, CONFIRM_EMAIL)
    kind = asked.kind.lower()
    record_event(session, f"{kind}.registered", Subject(kind, party.id, party.id), None, user_id=user.id)


def _party_of(asked: Registration, email: str) -> Party:
    data = asked.data
    address = {name: getattr(data, name) for name in ("street", "postal_code", "city", "province", "country")}
    made = new_party(
        asked.kind,
        data.name,
        id=new_id(),
        vat_number=data.vat_number or None,
        tax_code=data.tax_code,
        email=email,
        pec=data.pec or None,
        sdi_code=data.sdi_code or None,
        phone=data.phone or None,
        address=address,
    )
    made.registered_at = clock.now()
    return made


def new_user(email: str, name: str, password_hash: str | None, locale: str = "it") -> User:
    """A person not yet stored, whose address nobody confirmed."""
    return User(
        id=new_id(),
        email=email,
        name=name,
        password_hash=password_hash,
        locale=locale,
        created_at=clock.now(),
        link_version=1,
        totp_version=1,
    )


def new_membership(user_id: UUID, party_id: UUID, role: str) -> Membership:
    """A membership not yet stored."""
    return Membership(id=new_id(), user_id=user_id, party_id=party_id, role=role, created_at=clock.now())


def ask_for_reset(session: Session, email: str, locale: str = "it") -> None:
    """Mail a link that sets a new password, or, to an address nobody registered, a word that says so."""
    email = normal_email(email)
    user = _person(session, email)
    if user is not None and user.disabled_at is None:
        send_link(session, user, RESET_PASSWORD)
    else:
        queue_mail(
            session,
            cause=f"unknown_address:{new_id()}",
            to=email,
            template="unknown_address",
            context={},
            locale=locale,
        )


def reset_password(session: Session, user: User, password: str) -> None:
    """Store the new password of whoever held the link: every session ends, the address counts as confirmed."""
    if user.email_confirmed_at is None:
        forget_claims(session, user)
        session.flush()
    change_password(session, user.id, password)
    address_proven(session, user)
    revoke_sessions(session, user.id)
    record_event(session, "user.password_reset", Subject("user", user.id))


def _person(session: Session, email: str) -> User | None:
    return session.scalars(select(User).where(User.email == email)).one_or_none()


def _tell(session: Session, email: str, template: str, asked: Registration) -> None:
    queue_mail(session, cause=f"{template}:{new_id()}", to=email, template=template, context={}, locale=asked.locale)
