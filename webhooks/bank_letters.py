"""Letters from the bank: `transfer.received` and `transfer.returned`, opened by a job from their stored row."""

from datetime import timedelta

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import transaction
from foundation.jobs import DueRow, RetryLater, due_rule, job, schedule_due
from foundation.settings import current_settings
from shop.transfers import (
    ReturnFact,
    TransferFact,
    UnknownTransfer,
    record_return,
    record_transfer,
    record_unknown_return,
)
from webhooks.inbox import Letter, close_letter, open_letter

RECEIVED = "transfer.received"
RETURNED = "transfer.returned"
_MOST_CENTS = 10**12
_RETURN_PAUSE = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(days=3)
_PAYER = ("debtor_name", "debtor_iban")


class TransferSchema(Schema):
    """The `data` of both letters (contract of /webhooks/bank)."""

    id = fields.String(required=True, validate=validate.Length(1, 200))
    booked_on = fields.Date(required=True)
    amount_cents = fields.Integer(required=True, strict=True, validate=validate.Range(1, _MOST_CENTS))
    currency = fields.String(required=True, validate=validate.Length(equal=3))
    remittance = fields.String(load_default="", allow_none=True, validate=validate.Length(max=2_000))
    end_to_end_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    debtor_name = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    debtor_iban = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    account_iban = fields.String(required=True, validate=validate.Length(5, 40))
    returns_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))


class Unreadable(Exception):
    """A signed letter whose body is not what the contract says; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_transfer(letter_type: str, data: object) -> TransferFact | ReturnFact:
    """The fact a letter tells. Raises Unreadable."""
    if letter_type not in {RECEIVED, RETURNED} or not isinstance(data, dict):
        raise Unreadable("type")
    try:
        read = TransferSchema(unknown="exclude").load(data)
    except ValidationError as problem:
        raise Unreadable(", ".join(sorted(problem.messages_dict))) from problem
    account = "".join(read["account_iban"].split()).upper()
    if letter_type == RETURNED:
        if not read["returns_id"]:
            raise Unreadable("returns_id")
        return ReturnFact(
            "bank_webhook",
            account,
            read["id"],
            read["returns_id"],
            read["booked_on"],
            read["amount_cents"],
            read["remittance"] or "",
            read["currency"].upper(),
        )
    return TransferFact(
        source="bank_webhook",
        account_iban=account,
        booked_on=read["booked_on"],
        amount_cents=read["amount_cents"],
        remittance=read["remittance"] or "",
        currency=read["currency"].upper(),
        bank_reference=read["id"],
        end_to_end_id=read["end_to_end_id"],
        debtor_name=read["debtor_name"],
        debtor_iban="".join((read["debtor_iban"] or "").split()).upper() or None,
    )


@job("letters.bank", tries=1_000)
def open_bank_letter(letter_id: str) -> None:
    """Record the transfer or its return and close the letter, in one transaction."""
    try:
        with transaction() as session:
            letter = open_letter(session, letter_id)
            if letter is not None:
                close_letter(letter, _apply(session, letter))
                _forget_payer_later(session, letter)
    except UnknownTransfer as problem:
        # The return overtook its transfer, or tells of one from before our time: keep asking, lose nothing.
        raise RetryLater(f"no transfer {problem.reference} yet", _RETURN_PAUSE) from problem


def _apply(session: Session, letter: Letter) -> str:
    fact = read_transfer(letter.type, letter.payload.get("data"))
    if isinstance(fact, TransferFact):
        return "recorded" if record_transfer(session, fact) else "known already"
    try:
        return "returned" if record_return(session, fact) else "known already"
    except UnknownTransfer:
        if clock.real_now() - letter.received_at < _LONGEST_WAIT:
            raise
        # Its transfer will not come any more: the money is gone all the same, so a person must know.
        return "returned, transfer unknown" if record_unknown_return(session, fact) else "known already"


def _forget_payer_later(session: Session, letter: Letter) -> None:
    until = clock.now() + current_settings().bank_payer_blanked_after
    schedule_due(session, "letters.forget_payer", letter.id, until)


@due_rule("letters.forget_payer")
def forget_payer(session: Session, row: DueRow) -> None:
    """Who paid is blanked in the letter too (M17); the line keeps it while somebody must still find its order."""
    letter = session.get_one(Letter, row.subject_id, with_for_update=True)
    data = letter.payload.get("data")
    if isinstance(data, dict):
        letter.payload = letter.payload | {"data": {key: value for key, value in data.items() if key not in _PAYER}}
