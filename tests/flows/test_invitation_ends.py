"""What becomes of an invitation in the end: it expires whatever its money did, and then it knows nobody (D23, GDPR)."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from entitlements import invitations
from entitlements.drafts import InvitationDraft
from foundation.mail import Mail
from shop import RefundWish
from tests.banking import FINANCE
from tests.flows.inviting import CLIENT, Street, open_tasks, purchase_standing, refused_by_the_vendor
from tests.refunding import request_refund


def _let_pass(street: Street, days: int) -> None:
    for _step in range(days // 10):
        street.advance(timedelta(days=10))
        street.run_jobs()


def _known(street: Street, invitation_id: UUID) -> set[str]:
    """Where the client of an invitation is still known: in its row, in what it typed, in mails about it."""
    with street.tx() as session:
        row = session.get_one(invitations.Invitation, invitation_id)
        places = {
            "row": bool(row.client_name or row.client_email or row.message) or row.forgotten_at is None,
            "draft": session.get(InvitationDraft, invitation_id) is not None,
            "mails": _mails_about(session, invitation_id) > 0,
        }
    return {place for place, known in places.items() if known}


def _mails_about(session: Session, invitation_id: UUID) -> int:
    about = (Mail.cause.like(f"%:{invitation_id}:%"), or_(Mail.recipient != "", Mail.context != {}))
    return session.execute(select(func.count()).select_from(Mail).where(*about)).scalar_one()


def _ordered_by_transfer(street: Street) -> UUID:
    invitation = street.invite()
    street.order(street.filled(), "bank_transfer")
    return invitation


def test_an_invitation_whose_transfer_came_back_expires_and_its_client_is_invited_again(street: Street) -> None:
    """Money that came and went back leaves an order that expires: the invitation ends with its validity (D23)."""
    invitation = _ordered_by_transfer(street)
    order = street.newest_order()
    reference = street.bank.transfer(order.gross_cents, order.rf_reference)
    assert street.state(invitation) == "PAID"
    street.advance(timedelta(hours=2))
    street.bank.take_back(reference, order.gross_cents)
    street.run_jobs()
    assert street.state(invitation) == "ORDERED"
    _let_pass(street, 20)
    assert street.state(invitation) == "IN_PROGRESS"
    _let_pass(street, 20)
    assert street.state(invitation) == "EXPIRED"
    again = street.invite()
    assert again != invitation
    assert street.state(again) == "SENT"


def test_a_client_who_ordered_and_never_paid_is_forgotten(street: Street) -> None:
    """The order keeps its own billing data for money that comes late (D11)."""
    invitation = _ordered_by_transfer(street)
    link = street.link()
    _let_pass(street, 30)
    assert _known(street, invitation) == {"row", "draft", "mails"}
    _let_pass(street, 40)
    assert street.state(invitation) == "EXPIRED"
    assert _known(street, invitation) == set()
    assert street.newest_order().billing["email"] == CLIENT
    assert "Quello che avevi scritto è stato cancellato" in street.client(link).page.text


def test_who_paid_late_and_had_the_money_back_is_forgotten_too(street: Street) -> None:
    """The invitation had ended before: its second end asks for the forgetting once more."""
    invitation = _ordered_by_transfer(street)
    order = street.newest_order()
    _let_pass(street, 40)
    assert street.state(invitation) == "EXPIRED"
    reference = street.bank.transfer(order.gross_cents, order.rf_reference)
    street.advance(timedelta(hours=2))
    street.bank.take_back(reference, order.gross_cents)
    _let_pass(street, 30)
    assert street.state(invitation) == "EXPIRED"
    _let_pass(street, 30)
    assert _known(street, invitation) == set()


def test_money_for_a_client_who_is_forgotten_goes_to_a_person(street: Street) -> None:
    """D11: nothing is left to make a company of, and nothing that was paid is lost."""
    invitation = _ordered_by_transfer(street)
    order = street.newest_order()
    _let_pass(street, 80)
    street.bank.transfer(order.gross_cents, order.rf_reference)
    street.run_jobs()
    assert street.state(invitation) == "EXPIRED"
    assert open_tasks(street, "late_money") == 1


def test_a_client_whose_money_went_back_is_forgotten(street: Street) -> None:
    """D10: the vendor refused, the purchase was refunded: the order stays, what the invitation knew does not."""
    invitation, browser = refused_by_the_vendor(street)
    with street.app.app_context():
        request_refund(street.newest_order().id, RefundWish(everything=True), FINANCE, street.gateway)
    assert purchase_standing(street, invitation) == ("VOIDED", False)
    _let_pass(street, 20)
    assert _known(street, invitation) == {"row", "draft", "mails"}
    _let_pass(street, 20)
    assert street.state(invitation) == "PAID"
    assert _known(street, invitation) == set()
    assert browser.open(street.link(kind="Controlla i dati")).heading == "L’invito è scaduto"
    assert "Dati cancellati" in street.browser.open("/inviti").text


def test_mails_about_a_forgotten_client_know_nobody(street: Street) -> None:
    """The reminders, the code and what the studio was told: rows stay, so that no cause is written to twice."""
    invitation = street.invite()
    street.client().follow("Rifiuta l’invito").send("Rifiuta l’invito")
    street.run_jobs()
    assert _known(street, invitation) == {"row", "mails"}
    _let_pass(street, 40)
    assert _known(street, invitation) == set()
    with street.tx() as session:
        assert len(session.scalars(select(Mail).where(Mail.cause.like(f"%:{invitation}:%"))).all()) == 2


def test_the_figures_of_the_funnel_count_how_far_invitations_came_also_when_they_ended(street: Street) -> None:
    """F003-14"""
    invited = street.invite()
    street.invite("Carla Neri", "carla@example.it")
    street.order(street.filled(), "bank_transfer")
    _let_pass(street, 40)
    assert street.state(invited) == "EXPIRED"
    street.browser.open("/inviti")
    assert [figure.text for figure in street.browser.page.select(".g-kpi dd")] == ["2", "1", "1", "1", "0"]
