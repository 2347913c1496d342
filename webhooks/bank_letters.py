"""Letters from the bank: `transfer.received` and `transfer.returned`, opened by a job from their stored row."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import JsonObject, transaction
from foundation.jobs import DueRow, RetryLater, due_rule, job, schedule_due
from foundation.settings import current_settings
from shop import (
    ReturnFact,
    TransferFact,
    UnknownTransfer,
    record_return,
    record_transfer,
    record_unknown_return,
)
from webhooks.inbox import Letter, close_letter, open_letter
from webhooks.unreadable import Unreadable

RECEIVED = "transfer.received"
RETURNED = "transfer.returned"
SOURCE = "bank_webhook"
_MOST_CENTS = 10**12
_RETURN_PAUSE = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(days=3)
_PAYER = ("debtor_name", "debtor_iban")
# What is wrong with a field is said in the codes of the API.
_WRONG: dict[str, Any] = {"required": "required", "null": "required", "invalid": "invalid", "format": "invalid"}
_NO_CENTS = _WRONG | {"invalid": "not_a_whole_number", "too_large": "not_a_whole_number"}


class PlainText(fields.String):
    """A text without what no database text can hold: zero characters and half surrogate pairs."""

    default_error_messages = _WRONG | {"invalid": "not_a_text", "invalid_utf8": "not_a_text"}

    def __init__(self, shortest: int, longest: int, **options: Any) -> None:  # noqa: ANN401 - marshmallow's own
        length = validate.Length(shortest, longest, error=f"length:{shortest}:{longest}")
        super().__init__(validate=length, **options)

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, Any] | None, **more: object) -> str:
        text = super()._deserialize(value, attr, data, **more)
        return text.replace("\x00", "").encode(errors="replace").decode()


class TransferSchema(Schema):
    """The `data` of both letters (contract of /webhooks/bank)."""

    id = PlainText(1, 200, required=True)
    booked_on = fields.Date(required=True, error_messages=_WRONG)
    amount_cents = fields.Integer(
        required=True,
        strict=True,
        error_messages=_NO_CENTS,
        validate=validate.Range(1, _MOST_CENTS, error=f"range:1:{_MOST_CENTS}"),
    )
    currency = PlainText(3, 3, required=True)
    remittance = PlainText(0, 2_000, load_default="", allow_none=True)
    end_to_end_id = PlainText(0, 200, load_default=None, allow_none=True)
    debtor_name = PlainText(0, 200, load_default=None, allow_none=True)
    debtor_iban = PlainText(0, 40, load_default=None, allow_none=True)
    account_iban = PlainText(5, 40, required=True)
    returns_id = PlainText(0, 200, load_default=None, allow_none=True)


def read_letter(letter: object) -> JsonObject:
    """What of a letter is kept: its type and the data the contract names, each of its kind. Raises Unreadable."""
    if not isinstance(letter, dict):
        raise Unreadable({"": "not_an_object"})
    if letter.get("type") not in (RECEIVED, RETURNED):
        raise Unreadable({"/type": f"not_a_choice:{RECEIVED}, {RETURNED}"})
    told = letter.get("data")
    if not isinstance(told, dict):
        raise Unreadable({"/data": "not_an_object"})
    try:
        data = TransferSchema(unknown="exclude").load(told)
    except ValidationError as problem:
        wrong = problem.messages_dict
        raise Unreadable({f"/data/{name}": str(codes[0]) for name, codes in wrong.items()}) from problem
    if letter["type"] == RETURNED and not data["returns_id"]:
        raise Unreadable({"/data/returns_id": "required"})
    return {"type": letter["type"], "data": data | {"booked_on": data["booked_on"].isoformat()}}


def fact_in(letter: JsonObject) -> TransferFact | ReturnFact:
    """The fact a kept letter tells."""
    data = letter["data"]
    account, booked_on = "".join(data["account_iban"].split()).upper(), date.fromisoformat(data["booked_on"])
    if letter["type"] == RETURNED:
        return ReturnFact(
            source=SOURCE,
            account_iban=account,
            bank_reference=data["id"],
            returns_reference=data["returns_id"],
            booked_on=booked_on,
            amount_cents=data["amount_cents"],
            remittance=data["remittance"] or "",
            currency=data["currency"].upper(),
        )
    return TransferFact(
        source=SOURCE,
        account_iban=account,
        booked_on=booked_on,
        amount_cents=data["amount_cents"],
        remittance=data["remittance"] or "",
        currency=data["currency"],
        bank_reference=data["id"],
        end_to_end_id=data["end_to_end_id"],
        debtor_name=data["debtor_name"],
        debtor_iban=data["debtor_iban"],
    )


@job("letters.bank", tries=1_000)
def open_bank_letter(letter_id: str) -> None:
    """Record the transfer or its return and close the letter, in one transaction.

    Raises RetryLater while the transfer of a return is not known.
    """
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
    fact = fact_in(letter.payload)
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
