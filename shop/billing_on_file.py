"""Billing data on file: what a buyer finds filled in at the checkout, and what an automatic order is invoiced to."""

from entitlements import ADDRESS_FIELDS, Party


def billing_on_file(party: Party, email: str = "") -> dict[str, str]:
    """A party's own data under the names of the billing form, unchecked; `email` stands in for a missing address."""
    own = {
        name: getattr(party, name) or ""
        for name in ("vat_number", "tax_code", "name", "email", "pec", "sdi_code", "phone")
    }
    values = own | {name: str(party.address.get(name, "")) for name in ADDRESS_FIELDS} | {"purchase_order_ref": ""}
    values["email"] = values["email"] or email
    values["country"] = values["country"] or "IT"
    return values
