"""What becomes of an invitation in the end: it expires whatever its money did (D23)."""

from datetime import timedelta
from uuid import UUID

from tests.flows.inviting import Street


def _let_pass(street: Street, days: int) -> None:
    for _step in range(days // 10):
        street.advance(timedelta(days=10))
        street.run_jobs()


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
