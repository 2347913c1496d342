"""Mails of connections go to a party's own address; a party without one reads of it when somebody comes in."""

from sqlalchemy.orm import Session

from entitlements.parties import Party
from foundation.database import JsonObject
from foundation.mail import queue_mail


def tell_party(session: Session, party: Party, template: str, cause: str, context: JsonObject) -> bool:
    """Queue one mail to a party for one cause; answers False when there is no address or it has been written to."""
    if party.email is None:
        return False
    whole = context | {"party": party.name, "party_kind": party.kind}
    return queue_mail(session, cause=cause, to=party.email, template=template, context=whole, party_id=party.id)
