"""Mails of connections go to a party's own address, in its first owner's language; without one nothing is written."""

from sqlalchemy.orm import Session

from entitlements.connections.people import language_of
from entitlements.parties import Party
from foundation.database import JsonObject
from foundation.mail import Reader, queue_mail


def tell_party(session: Session, party: Party, template: str, cause: str, context: JsonObject) -> bool:
    """Queue one mail to a party for one cause; answers False when there is no address or it has been written to."""
    if party.email is None:
        return False
    whole = context | {"party": party.name, "party_kind": party.kind}
    reader: Reader = {"party_id": party.id, "locale": language_of(session, party.id)}
    return queue_mail(session, cause=cause, to=party.email, template=template, context=whole, **reader)
