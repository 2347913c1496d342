"""The shapes the shop answers with."""

from marshmallow import fields

from foundation.api import PageShape, Shape, moment, text, whole


def cents(about: str = "") -> fields.Integer:
    """An amount in whole cents."""
    return whole(about)


def by_language() -> fields.Dict:
    """Names by language."""
    return fields.Dict(keys=fields.String(), values=fields.String(), required=True)


def many(shape: type[Shape]) -> fields.List[dict[str, object]]:
    """A list of objects."""
    return fields.List(fields.Nested(shape), required=True)


class RefusalShape(Shape):
    """Why a line may not be bought; every reason is listed."""

    code = text(about="Stable.")
    detail = text()
    skus = fields.List(fields.String(), required=True, metadata={"description": "The products it speaks of."})


class TierShape(Shape):
    """A row of the price table: the price of each pack when this many are bought."""

    from_quantity = fields.Integer(required=True)
    to_quantity = fields.Integer(required=True, allow_none=True)
    unit_net_cents = cents()
    unit_gross_cents = cents()


class GivesShape(Shape):
    """What one pack gives."""

    kind = text(about="coupons, documents, credit_cents, credits or licence.")
    units = fields.Integer(required=True)
    product = text(null=True)
    plan = text(null=True)
    access_mode = text(null=True)
    term = text(null=True, about="`12 months` or `31 December`.")
    ends = text(null=True, about="When a wallet's content expires: `12 months`, `31 December` or `never`.")


class OfferShape(Shape):
    """A product as offered to this buyer."""

    sku = text()
    family = text()
    kind = text()
    names = by_language()
    descriptions = by_language()
    coupon_type = text(null=True)
    currency = text()
    net_cents = cents("One pack.")
    vat_cents = cents()
    gross_cents = cents()
    vat_code = text()
    vat_basis_points = fields.Integer(required=True)
    maximum_quantity = fields.Integer(required=True)
    tiers = many(TierShape)
    gives = fields.Nested(GivesShape, required=True)
    buyable = fields.Boolean(required=True)
    refusals = many(RefusalShape)


class CatalogueShape(Shape):
    """What is on sale, ineligible products with every reason."""

    price_book_version = fields.Integer(required=True)
    items = many(OfferShape)


class VatShape(Shape):
    """VAT of one rate."""

    code = text()
    basis_points = fields.Integer(required=True)
    nature = text(null=True)
    net_cents = cents()
    vat_cents = cents()


class TermShape(Shape):
    """The days a line of a service pays for."""

    action = text(about="START, EXTEND or RENEW.")
    licence_id = text(null=True, form="uuid", about="The running service that is extended or renewed.")
    months = fields.Integer(required=True, allow_none=True, metadata={"description": "Of the formula, if any."})
    years = fields.Integer(required=True, allow_none=True)
    starts_on = text(form="date", about="Of what starts with the payment: if it were paid today.")
    ends_on = text(form="date", about="The first day that is no longer covered.")
    anchor_on = text(form="date", about="From where parts of a year are counted (D3).")
    last_day = text(form="date", about="The last usable day.")


class AdjustmentShape(Shape):
    """What an agreement takes off a line; it is in the net of the line already."""

    code = text()
    net_cents = cents("Below zero.")


class QuotedLineShape(Shape):
    """A priced line."""

    position = fields.Integer(required=True)
    asked = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Place of the line asked for, from 1; null: an extension."},
    )
    sku = text()
    names = by_language()
    quantity = fields.Integer(required=True)
    for_company = text(null=True, form="uuid")
    units = fields.Integer(required=True, metadata={"description": "What all packs of the line give together."})
    unit_net_cents = cents()
    net_cents = cents()
    adjustments = many(AdjustmentShape)
    vat_code = text()
    vat_cents = cents()
    gross_cents = cents()
    net_per_unit = text(about="Euro with four decimals, for display only.")
    formula = text(about="How the net was computed.")
    term = fields.Nested(TermShape, required=True, allow_none=True)
    months_forfeited = fields.Integer(
        required=True, metadata={"description": "Months paid for that no day answers to."}
    )
    refusals = many(RefusalShape)


class EndShape(Shape):
    """Where a service ends."""

    sku = text()
    names = by_language()
    quantity = fields.Integer(required=True)
    ends_before = text(null=True, form="date", about="Null for a new service.")
    ends_on = text(form="date", about="The first day that is no longer covered.")
    last_day = text(form="date", about="The last usable day.")


class OutcomeLineShape(Shape):
    """A line of one outcome."""

    sku = text()
    names = by_language()
    quantity = fields.Integer(required=True)
    formula = text()
    net_cents = cents()
    months_forfeited = fields.Integer(required=True)


class OutcomeShape(Shape):
    """One outcome of the choice."""

    lines = many(OutcomeLineShape)
    ends = many(EndShape)
    months_forfeited = fields.Integer(required=True)
    gross_cents = cents("The total of the whole quote with this choice.")


class ExtensionShape(Shape):
    """The choice "Estensione dei servizi attivi" for one company, both outcomes; only where months are missing."""

    for_company = text(form="uuid")
    extend_active_services = fields.Boolean(required=True, metadata={"description": "Which one this quote has."})
    on = fields.Nested(OutcomeShape, required=True)
    off = fields.Nested(OutcomeShape, required=True)


class QuoteShape(Shape):
    """Every line priced, VAT per rate, totals."""

    price_book_version = fields.Integer(required=True)
    priced_on = text(form="date")
    currency = text()
    lines = many(QuotedLineShape)
    agreement_code = text(null=True)
    refusals = many(RefusalShape)
    vat = many(VatShape)
    net_cents = cents()
    vat_cents = cents()
    gross_cents = cents()
    store_credit_cents = cents("What the buyer has with the shop and may spend on an order.")
    extensions = many(ExtensionShape)
    orderable = fields.Boolean(required=True)


class OrderLineShape(Shape):
    """A line as it was agreed."""

    position = fields.Integer(required=True)
    sku = text()
    names = by_language()
    kind = text()
    quantity = fields.Integer(required=True)
    for_company = text(null=True, form="uuid")
    unit_net_cents = cents()
    net_cents = cents()
    adjustments = many(AdjustmentShape)
    vat_code = text()
    vat_cents = cents()
    term = fields.Nested(TermShape, required=True, allow_none=True)


class FulfilmentShape(Shape):
    """When the order is fulfilled once its money is there."""

    release_after_seconds = fields.Integer(required=True, metadata={"description": "Window of a transfer; 0: card."})
    within_seconds = fields.Integer(required=True, metadata={"description": "What we promise."})
    not_before = moment()
    expected_by = moment()


class TransferShape(Shape):
    """How to pay by bank transfer."""

    beneficiary = text()
    iban = text()
    bic = text()
    reference = text(about="ISO 11649 creditor reference: the causale.")
    amount_cents = cents()
    currency = text()
    epc_qr_payload = text(about="The lines of the EPC QR code (EPC069-12).")


class OrderRowShape(Shape):
    """An order in a list."""

    number = text()
    state = text()
    payment_method = text()
    currency = text()
    net_cents = cents()
    vat_cents = cents()
    gross_cents = cents()
    price_book_version = fields.Integer(required=True)
    purchase_order_ref = text()
    placed_at = moment(null=False)
    expires_at = moment(null=False)
    paid_at = moment()
    fulfilled_at = moment()
    closed_at = moment()
    lines = many(OrderLineShape)


class BillingAnswerShape(Shape):
    """Who is invoiced, as of the day of the order."""

    vat_number = text()
    tax_code = text()
    name = text()
    street = text()
    postal_code = text()
    city = text()
    province = text()
    country = text()
    email = text()
    pec = text()
    sdi_code = text()
    phone = text()


class OrderShape(OrderRowShape):
    """An order with everything it needs to be paid."""

    vat = many(VatShape)
    billing = fields.Nested(BillingAnswerShape, required=True)
    paid_cents = cents("What arrived for it so far, store credit included.")
    refunded_cents = cents("What went back, in whatever way.")
    checkout_url = text(null=True, about="Where to pay by card, while that is open.")
    bank_transfer = fields.Nested(TransferShape, required=True, allow_none=True)
    fulfilment = fields.Nested(FulfilmentShape, required=True)


class OrderPageShape(PageShape):
    """Orders, newest first."""

    items = many(OrderRowShape)
