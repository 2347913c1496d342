"""Who paid (M17): the payer's name and IBAN are blanked some days after the match; a keyed hash stays."""

from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import Subject, record_event
from foundation.jobs import DueRow, due_rule, schedule_due
from foundation.settings import current_settings
from shop.payments.money_in import BankLine

_DONE_WITH = frozenset({"MATCHED", "RETURNED", "REPLACED"})


def forget_payer_later(session: Session, line: BankLine) -> None:
    """Ask for the payer's data to be blanked; a line that is matched again later has its days again."""
    now = clock.now()
    schedule_due(
        session,
        "transfers.forget_payer",
        line.id,
        now + current_settings().bank_payer_blanked_after,
        period=clock.today().isoformat(),
    )


@due_rule("transfers.forget_payer")
def forget_payer(session: Session, row: DueRow) -> None:
    """Blank name and IBAN of a line that is still settled; one that was opened again keeps them until it is settled."""
    line = session.get_one(BankLine, row.subject_id, with_for_update=True)
    if line.state not in _DONE_WITH or (line.debtor_name is None and line.debtor_iban is None):
        return
    line.debtor_name = line.debtor_iban = None
    record_event(session, "transfer.payer_forgotten", Subject("bank_line", line.id))
