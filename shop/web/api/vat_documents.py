"""VAT as a program reads it."""

from foundation.database import JsonObject
from pricing import Quote


def vat_rows(quoted: Quote) -> list[JsonObject]:
    """VAT once per rate."""
    return [
        {
            "code": summary.rate.code,
            "basis_points": summary.rate.basis_points,
            "nature": summary.rate.nature,
            "net_cents": summary.net.cents,
            "vat_cents": summary.vat.cents,
        }
        for summary in quoted.vat_summaries
    ]
