"""Mails to whoever pays for a renewal: that it was agreed to, and that nothing was charged."""

from datetime import date

from sqlalchemy.orm import Session

from entitlements import Party, party_names
from foundation.formats import last_day
from foundation.mail import queue_mail
from shop.renewals.mandates import RenewalMandate


def write_to_payer(
    session: Session, mandate: RenewalMandate, template: str, ends_on: date, occasion: str, **more: object
) -> bool:
    """Queue a mail about the renewal at an end, in the language of the mandate; False where nobody has an address."""
    payer = session.get_one(Party, mandate.payer_party_id)
    if payer.email is None:
        return False
    names = party_names(session, {mandate.company_id})
    context = {
        "company_name": names[mandate.company_id],
        "last_day": last_day(ends_on, mandate.locale),
        "renewal_path": f"/aziende/{mandate.company_id}/rinnovo-automatico",
    }
    return queue_mail(
        session,
        cause=f"{template}:{occasion}",
        to=payer.email,
        template=template,
        context=context | more,
        party_id=payer.id,
        locale=mandate.locale,
    )
