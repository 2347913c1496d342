"""Factories: rows as the product would have made them. They flush, never commit; the session is the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import factory
from sqlalchemy.orm import Session
from stdnum import luhn

from entitlements import COMPANY, STUDIO, Party
from foundation.ids import new_id
from shop import Membership, User

# Numbers that pass python-stdnum, as every demo number must.
VAT_NUMBERS = ("00743110157", "07643520567", "06363391001", "02780790107", "05979361218", "10538570960")
BORN = datetime(2026, 1, 1, tzinfo=UTC)


def _company_tax_code(n: int) -> str:
    """The n-th of many tax codes of eleven digits that pass their check, as a form would demand."""
    body = f"{1_000_000 + n:07d}015"
    return body + str(luhn.calc_check_digit(body))


class _Flushed(factory.alchemy.SQLAlchemyModelFactory):
    """Base: adds to the session given by `using`, flushes."""

    class Meta:
        abstract = True
        sqlalchemy_session_persistence = "flush"
        sqlalchemy_session = None


class StudioFactory(_Flushed):
    """A studio with an address, a PEC and an e-mail."""

    class Meta:
        model = Party

    id = factory.LazyFunction(new_id)
    kind = STUDIO
    name = factory.Sequence(lambda n: f"Studio {n}")
    sort_name = factory.LazyAttribute(lambda party: party.name.casefold())
    vat_number = factory.Sequence(lambda n: VAT_NUMBERS[n % len(VAT_NUMBERS)])
    tax_code = factory.Sequence(_company_tax_code)
    email = factory.Sequence(lambda n: f"studio{n}@example.it")
    pec = factory.Sequence(lambda n: f"studio{n}@pec.example.it")
    sdi_code = "0000000"
    address = factory.LazyFunction(
        lambda: {"street": "Via Roma 1", "postal_code": "10121", "city": "Torino", "province": "TO", "country": "IT"}
    )
    version = 1
    created_at = BORN


class UserFactory(_Flushed):
    """A person whose e-mail is confirmed."""

    class Meta:
        model = User

    id = factory.LazyFunction(new_id)
    email = factory.Sequence(lambda n: f"persona{n}@example.it")
    name = factory.Sequence(lambda n: f"Persona {n}")
    locale = "it"
    created_at = BORN
    email_confirmed_at = BORN
    link_version = 1
    totp_version = 1


class MembershipFactory(_Flushed):
    """A user who acts for a party."""

    class Meta:
        model = Membership

    id = factory.LazyFunction(new_id)
    role = "owner"
    created_at = BORN


@contextmanager
def using(session: Session) -> Iterator[None]:
    """Let the factories write through this session."""
    factories = (StudioFactory, UserFactory, MembershipFactory)
    for one in factories:
        one._meta.sqlalchemy_session = session  # type: ignore[attr-defined]  # noqa: SLF001 - the library names its options so
    try:
        yield
    finally:
        for one in factories:
            one._meta.sqlalchemy_session = None  # type: ignore[attr-defined]  # noqa: SLF001 - the same


def a_studio(session: Session, **facts: object) -> Party:
    """A stored studio."""
    with using(session):
        party = StudioFactory.create(**facts)
    assert isinstance(party, Party)
    return party


def a_company(session: Session, **facts: object) -> Party:
    """A stored company that registered itself and has no licence."""
    number = str(new_id().int % 10**11).zfill(11)
    values = {
        "kind": COMPANY,
        "name": f"Brambilla {number}",
        "vat_number": number,
        "tax_code": number,
        "registered_at": BORN,
    }
    return a_studio(session, **values | facts)


def a_user(session: Session, party_id: UUID, role: str = "owner", **facts: object) -> User:
    """A stored person who acts for a party."""
    with using(session):
        user = UserFactory.create(**facts)
        assert isinstance(user, User)
        MembershipFactory.create(user_id=user.id, party_id=party_id, role=role)
    return user
