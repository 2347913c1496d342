"""How to pay an order by bank transfer: beneficiary, IBAN, causale, amount, and all as an EPC QR code (EPC069-12)."""

from dataclasses import dataclass

from segno.helpers import make_epc_qr
from stdnum import iban as iban_numbers
from stdnum import iso11649

from foundation.settings import Seller
from pricing import Money

LONGEST_NAME = 70
_QUIET_MODULES = 4


class InstructionsRefused(Exception):
    """The seller's IBAN or the reference is wrong: money sent there would be lost, so nothing is shown."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code as one SVG path on a square of `size` modules, quiet zone included."""

    size: int
    path: str


@dataclass(frozen=True, slots=True)
class TransferInstructions:
    """What the payer types or scans. `payload` are the very bytes of the code: its lines are fixed by EPC069-12."""

    beneficiary: str
    iban: str
    bic: str
    reference: str
    amount: Money
    payload: str
    qr: QrCode


def transfer_instructions(seller: Seller, rf_reference: str, amount: Money) -> TransferInstructions:
    """The instructions for one order. Raises InstructionsRefused: segno checks neither IBAN nor reference, so we do."""
    if not iban_numbers.is_valid(seller.iban):
        raise InstructionsRefused("iban")
    if not iso11649.is_valid(rf_reference):
        raise InstructionsRefused("reference")
    iban, name = iban_numbers.compact(seller.iban), seller.name.strip()[:LONGEST_NAME]
    code = make_epc_qr(
        name=name,
        iban=iban,
        amount=amount.to_decimal(),
        reference=rf_reference,
        bic=seller.bic or None,
        encoding="utf-8",
    )
    return TransferInstructions(
        beneficiary=name,
        iban=iban,
        bic=seller.bic,
        reference=rf_reference,
        amount=amount,
        payload=_payload(name, iban, seller.bic, rf_reference, amount),
        qr=_drawn(tuple(bytes(row) for row in code.matrix)),
    )


def _payload(name: str, iban: str, bic: str, reference: str, amount: Money) -> str:
    """The text of the code, for programs that draw it themselves; a test decodes our drawing and finds this."""
    figure = amount.to_text().rstrip("0").rstrip(".")
    return "\n".join(("BCD", "002", "1", "SCT", bic, name, iban, f"EUR{figure}", "", reference))


def _drawn(matrix: tuple[bytes, ...]) -> QrCode:
    """One path of horizontal strokes: an SVG without styles, as the content policy wants it."""
    strokes = []
    for row, modules in enumerate(matrix):
        column = 0
        while column < len(modules):
            length = 0
            while column + length < len(modules) and modules[column + length]:
                length += 1
            if length:
                strokes.append(f"M{column + _QUIET_MODULES} {row + _QUIET_MODULES}.5h{length}")
            column += length or 1
    return QrCode(len(matrix) + 2 * _QUIET_MODULES, "".join(strokes))
