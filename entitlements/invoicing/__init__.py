"""Connected invoicing accounts (F002-01, F002-07): consent by OAuth, sealed tokens, companies for the picker."""

from entitlements.invoicing.provider import (
    GrantRefused,
    HttpInvoicing,
    Invoicing,
    InvoicingSilent,
    MemoryInvoicing,
    Tokens,
)

__all__ = [
    "GrantRefused",
    "HttpInvoicing",
    "Invoicing",
    "InvoicingSilent",
    "MemoryInvoicing",
    "Tokens",
]
