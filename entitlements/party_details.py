"""A party's address and contacts: what a buyer may keep for the next orders. Name and identifiers stay."""

from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.company_data import StudioData
from entitlements.parties import Party
from foundation.events import Subject, record_event
from foundation.principal import Principal

ADDRESS_FIELDS = ("street", "postal_code", "city", "province", "country")
_CONTACTS = ("email", "pec", "sdi_code", "phone")


def keep_details(session: Session, party_id: UUID, data: StudioData, by: Principal) -> bool:
    """Keep address and contacts of `data`; answers False when they are the same already."""
    party = session.get_one(Party, party_id, with_for_update=True)
    address = dict(party.address) | {name: getattr(data, name) for name in ADDRESS_FIELDS}
    contacts = {name: getattr(data, name) or None for name in _CONTACTS}
    same = all(getattr(party, name) == value for name, value in contacts.items()) and address == party.address
    if same:
        return False
    party.address = address
    for name, value in contacts.items():
        setattr(party, name, value)
    party.version += 1
    record_event(session, "party.changed", Subject("party", party_id, party_id), by)
    return True
