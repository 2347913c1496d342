"""The people of a demo: two studios, a company, the vendor's desks, all with one password. Only ever in a sandbox."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import COMPANY, STUDIO, Party, ProfileText, give_code, keep_profile, new_party
from foundation import clock
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.settings import Seller
from shop.accounts.appointed_people import Appointment, appoint, vendor_party
from shop.accounts.people import User

DEMO_PASSWORD = "gettone-demo"  # noqa: S105 - printed on the terminal of every sandbox; production never makes these people


@dataclass(frozen=True, slots=True)
class DemoParty:
    """A studio of the demo, as the accounting program of the sandbox knows it, or a company that registered itself."""

    external_ref: str
    name: str
    vat_number: str
    email: str
    address: tuple[str, str, str, str]
    kind: str = STUDIO


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A login of the demo; `external_ref` is None for people of the vendor."""

    email: str
    name: str
    role: str
    external_ref: str | None = None


PARTIES = (
    DemoParty(
        "CS-0001",
        "Studio Rossi",
        "00743110157",
        "owner@studio-rossi.example",
        ("Corso Vittorio Emanuele II 12", "10121", "Torino", "TO"),
    ),
    DemoParty(
        "CS-0002",
        "Centro Servizi Bianchi",
        "02780790107",
        "owner@bianchi.example",
        ("Via Garibaldi 9", "16124", "Genova", "GE"),
    ),
    DemoParty(
        "AZ-0001",
        "Officina Azzurra",
        "10538570960",
        "titolare@officina-azzurra.example",
        ("Via Po 3", "10123", "Torino", "TO"),
        COMPANY,
    ),
)
PEOPLE = (
    DemoPerson("owner@studio-rossi.example", "Paola Rossi", "owner", "CS-0001"),
    DemoPerson("staff@studio-rossi.example", "Luca Neri", "staff", "CS-0001"),
    DemoPerson("owner@bianchi.example", "Marta Bianchi", "owner", "CS-0002"),
    DemoPerson("titolare@officina-azzurra.example", "Mario Azzurri", "owner", "AZ-0001"),
    DemoPerson("finance@demo.example", "Franca Conti", "finance"),
    DemoPerson("support@demo.example", "Sergio Aiuti", "support"),
    DemoPerson("admin@demo.example", "Ada Mini", "admin"),
)


def demo_people(session: Session, seller: Seller) -> list[DemoPerson]:
    """Make the demo's parties and people unless they exist; answers all of them. Studio Rossi is in the directory."""
    known = select(func.count()).where(User.email.in_([person.email for person in PEOPLE]))
    if session.scalar(known) != len(PEOPLE):
        parties = {party.external_ref: _party(session, party) for party in PARTIES}
        _list_in_directory(session, parties["CS-0001"])
        vendor = vendor_party(session, seller)
        for person in PEOPLE:
            party = parties[person.external_ref] if person.external_ref else vendor
            appoint(session, Appointment(person.email, person.name, party.id, person.role, DEMO_PASSWORD))
    return list(PEOPLE)


def _party(session: Session, wanted: DemoParty) -> Party:
    found = session.scalars(select(Party).where(Party.external_ref == wanted.external_ref)).one_or_none()
    if found is not None:
        return found
    street, postal_code, city, province = wanted.address
    made = new_party(
        wanted.kind,
        wanted.name,
        id=new_id(),
        vat_number=wanted.vat_number,
        tax_code=wanted.vat_number,
        email=wanted.email,
        pec=wanted.email.replace("@", "@pec."),
        sdi_code="M5UXCR1",
        external_ref=wanted.external_ref,
        address={"street": street, "postal_code": postal_code, "city": city, "province": province, "country": "IT"},
    )
    made.registered_at = clock.now()
    session.add(made)
    session.flush()
    give_code(session, made.id)
    return made


def _list_in_directory(session: Session, studio: Party) -> None:
    told = ProfileText(
        studio.name, "Torino", "Contabilità e dichiarazioni per artigiani e piccole imprese.", active=True
    )
    keep_profile(session, studio.id, told, Principal(None, studio.id, "owner"))
