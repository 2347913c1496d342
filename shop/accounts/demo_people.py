"""The people of a demo: two studios and the vendor's desks, all with one password. Only ever in a sandbox."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import STUDIO, Party, new_party
from foundation.ids import new_id
from foundation.settings import Seller
from shop.accounts.appointed_people import Appointment, appoint, vendor_party
from shop.accounts.people import User

DEMO_PASSWORD = "gettone-demo"  # noqa: S105 - printed on the terminal of every sandbox; production never makes these people


@dataclass(frozen=True, slots=True)
class DemoStudio:
    """A studio of the demo, as the accounting program of the sandbox knows it."""

    external_ref: str
    name: str
    vat_number: str
    email: str
    address: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A login of the demo; `external_ref` is None for people of the vendor."""

    email: str
    name: str
    role: str
    external_ref: str | None = None


STUDIOS = (
    DemoStudio(
        "CS-0001",
        "Studio Rossi",
        "00743110157",
        "owner@studio-rossi.example",
        ("Corso Vittorio Emanuele II 12", "10121", "Torino", "TO"),
    ),
    DemoStudio(
        "CS-0002",
        "Centro Servizi Bianchi",
        "02780790107",
        "owner@bianchi.example",
        ("Via Garibaldi 9", "16124", "Genova", "GE"),
    ),
)
PEOPLE = (
    DemoPerson("owner@studio-rossi.example", "Paola Rossi", "owner", "CS-0001"),
    DemoPerson("staff@studio-rossi.example", "Luca Neri", "staff", "CS-0001"),
    DemoPerson("owner@bianchi.example", "Marta Bianchi", "owner", "CS-0002"),
    DemoPerson("finance@demo.example", "Franca Conti", "finance"),
    DemoPerson("support@demo.example", "Sergio Aiuti", "support"),
    DemoPerson("admin@demo.example", "Ada Mini", "admin"),
)


def demo_people(session: Session, seller: Seller) -> list[DemoPerson]:
    """Make the demo's studios and people unless they exist; answers all of them."""
    known = select(func.count()).where(User.email.in_([person.email for person in PEOPLE]))
    if session.scalar(known) != len(PEOPLE):
        studios = {studio.external_ref: _studio(session, studio) for studio in STUDIOS}
        vendor = vendor_party(session, seller)
        for person in PEOPLE:
            party = studios[person.external_ref] if person.external_ref else vendor
            appoint(session, Appointment(person.email, person.name, party.id, person.role, DEMO_PASSWORD))
    return list(PEOPLE)


def _studio(session: Session, wanted: DemoStudio) -> Party:
    found = session.scalars(select(Party).where(Party.external_ref == wanted.external_ref)).one_or_none()
    if found is not None:
        return found
    street, postal_code, city, province = wanted.address
    made = new_party(
        STUDIO,
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
    session.add(made)
    session.flush()
    return made
