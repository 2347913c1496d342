"""Coupons as a file that an Italian spreadsheet opens with a double click: BOM, semicolons, comma decimals."""

import csv
import io
from collections.abc import Sequence

from flask_babel import gettext as _

from entitlements.coupons.shelves import ShelfRow
from entitlements.web.words import coupon_word, type_word
from foundation import clock, formats
from foundation.spreadsheets import neutral

_BOM = "\ufeff"


def as_csv(rows: Sequence[ShelfRow]) -> bytes:
    """The file, in UTF-8 with its mark."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [_("Codice"), _("Tipo"), _("Stato"), _("Da usare entro"), _("Azienda"), _("Emesso il"), _("Prezzo netto")]
    )
    for row in rows:
        writer.writerow([neutral(cell) for cell in _cells(row)])
    return (_BOM + written.getvalue()).encode()


def _cells(row: ShelfRow) -> list[str]:
    coupon = row.coupon
    held = coupon.state == "AVAILABLE" and coupon.held_by_case is not None
    whole, cents = divmod(coupon.net_cents, 100)
    return [
        coupon.code,
        type_word(coupon.coupon_type),
        coupon_word("HELD" if held else coupon.state),
        formats.last_day(coupon.activate_by_on) if coupon.activate_by_on else "",
        row.company_name or "",
        formats.day(clock.rome_day(coupon.minted_at)),
        f"{whole},{cents:02}",
    ]
