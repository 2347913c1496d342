"""The shapes the rights office answers with."""

from marshmallow import fields

from foundation.api import PageShape, Shape, moment, text, whole


def ends_on() -> fields.String:
    """The first day after a term."""
    return text(null=True, form="date", about="Exclusive: the first day on which it is over.")


def last_day() -> fields.String:
    """The last day of a term."""
    return text(null=True, form="date", about="Inclusive: the last day on which it can be used.")


class CauseShape(Shape):
    """Why a right exists: an order line, a coupon assignment, a renewal."""

    kind = text()
    id = text(form="uuid")


class GivenByCouponShape(Shape):
    """What activating the coupon gives."""

    product = text()
    plan = text()
    access_mode = text()
    term = text(about="`12 months` or `31 December`.")


class CouponShape(Shape):
    """A coupon of the stock."""

    id = text(form="uuid")
    code = text(about="Its human code.")
    state = text(about="AVAILABLE, ACTIVATING, ASSIGNED, ACTIVE, VOIDED or EXPIRED.")
    held = fields.Boolean(required=True, metadata={"description": "Frozen while its payment is being checked."})
    coupon_type = text()
    sku = text()
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    gives = fields.Nested(GivenByCouponShape, required=True)
    pack_id = text(form="uuid")
    net_cents = whole("Its share of the pack's price.")
    currency = text()
    ends_on = ends_on()
    last_day = last_day()
    minted_at = moment(null=False)
    changed_at = moment(null=False)
    company_id = text(null=True, form="uuid", about="The company it went to.")


class CouponPageShape(PageShape):
    """Coupons, oldest first."""

    items = fields.List(fields.Nested(CouponShape), required=True)


class WarningShape(Shape):
    """A doubt about the data; it stops nothing."""

    pointer = text()
    code = text()
    detail = text()


class CompanyRowShape(Shape):
    """A company in a list."""

    id = text(form="uuid")
    name = text()
    vat_number = text(null=True)
    tax_code = text()
    state = text(about="PROVISIONING, READY or REJECTED.")
    support_code = text()
    requested_at = moment(null=False)
    ready_at = moment()


class LinkShape(Shape):
    """A studio that works on the company."""

    studio_id = text(form="uuid")
    linked_at = moment(null=False)
    blocked_at = moment()
    nickname = text(null=True)
    permissions = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "none, read or write for documents, payments, accounting and settings."},
    )
    cause = fields.Nested(CauseShape, required=True)


class PayerShape(Shape):
    """Who pays for the company's packs, credit and renewals."""

    payer = text(about="STUDIO or COMPANY.")
    party_id = text(null=True, form="uuid", about="Null when it is a studio that is not yours.")
    cause = fields.Nested(CauseShape, required=True)


class ProvisioningShape(Shape):
    """How the creation in the vendor's software stands."""

    state = text(about="PENDING, ACCEPTED, UNKNOWN, DONE, REFUSED or GIVEN_UP.")
    attempts = whole()
    last_attempt_at = moment()
    last_outcome = text(null=True)


class CompanyShape(CompanyRowShape):
    """A company with its links, payer and provisioning."""

    remote_id = text(null=True, about="Its id in the vendor's software.")
    rejected_at = moment()
    rejection = text(null=True)
    links = fields.List(fields.Nested(LinkShape), required=True)
    payer = fields.Nested(PayerShape, required=True, allow_none=True)
    provisioning = fields.Nested(ProvisioningShape, required=True, allow_none=True)


class CompanyPageShape(PageShape):
    """Companies by name."""

    items = fields.List(fields.Nested(CompanyRowShape), required=True)


class ActivationShape(Shape):
    """The coupon is claimed and the company asked for; read the company until it is READY."""

    coupon_id = text(form="uuid")
    coupon_state = text()
    company = fields.Nested(CompanyRowShape, required=True)
    warnings = fields.List(fields.Nested(WarningShape), required=True)


class LicenceShape(Shape):
    """A licence in force."""

    id = text(form="uuid")
    family = text()
    product = text()
    plan = text()
    access_mode = text(about="FULL or READ_ONLY.")
    limits = fields.Dict(required=True)
    suspended = fields.Boolean(required=True)
    starts_on = text(form="date")
    ends_on = text(form="date", about="Exclusive.")
    last_day = text(form="date")
    cause = fields.Nested(CauseShape, required=True)


class BucketShape(Shape):
    """What one purchase put into a wallet, and what is left of it."""

    id = text(form="uuid")
    meter = text(about="documents, credit_cents or credits.")
    holder = text(about="COMPANY or STUDIO: whose pool it is.")
    funding = text(about="PAID or BONUS.")
    granted = whole()
    balance = whole()
    ends_on = ends_on()
    last_day = last_day()
    cause = fields.Nested(CauseShape, required=True)


class TermCauseShape(CauseShape):
    """Why a service lasts as long as it does."""

    action = text(about="START, EXTEND or RENEW.")


class SetupStepShape(Shape):
    """Something to do after the purchase."""

    code = text()
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    required = fields.Boolean(required=True, metadata={"description": "Until it is done the service cannot be used."})
    by = text(about="COMPANY or VENDOR: who says that it is done.")
    after = text(null=True, about="The step that comes first.")
    done_at = moment()


class ServiceShape(Shape):
    """A base service, a module, or a lot of seats or storage, as it stood at that instant."""

    id = text(form="uuid")
    kind = text(about="base_service, addon, seats or storage.")
    sku = text()
    product = text()
    plan = text()
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    quantity = whole("Seats or units of a lot; 1 for everything else.")
    state = text(about="NOT_STARTED, ACTIVE, SETUP_REQUIRED, LIMITED, SUSPENDED, EXPIRED or CLOSED.")
    suspended_by_case = text(
        null=True, about="The dispute or refund that holds it back, itself or with its base; else null.", form="uuid"
    )
    starts_on = text(form="date")
    ends_on = text(form="date", about="Exclusive.")
    last_day = text(form="date")
    causes = fields.List(fields.Nested(TermCauseShape), required=True)
    setup = fields.List(fields.Nested(SetupStepShape), required=True)


class RoomShape(Shape):
    """What a company may store, from its base service and its lots."""

    limit_gb = whole("Gigabytes, of 10^9 bytes each.")


class WhyShape(Shape):
    """A reason of the state."""

    code = text()
    detail = text()
    cause = fields.Nested(CauseShape, required=True, allow_none=True)


class EntitlementsShape(Shape):
    """What a company may do at an instant, and why."""

    company_id = text(form="uuid")
    at = moment(null=False)
    on = text(form="date", about="The day of `at` in Rome.")
    known_at = moment(null=False)
    state = text(
        about="NOT_REQUESTED, PROVISIONING, REJECTED, ACTIVE, SUSPENDED, LIMITED, NOT_STARTED, EXPIRED or NO_LICENCE."
    )
    plan = text(null=True, about="Of the licence that speaks for the company; null when none has begun.")
    access_mode = text(null=True, about="FULL or READ_ONLY; READ_ONLY while it is suspended, limited or over.")
    limits = fields.Dict(required=True)
    licences = fields.List(fields.Nested(LicenceShape), required=True)
    services = fields.List(fields.Nested(ServiceShape), required=True)
    storage = fields.Nested(RoomShape, required=True)
    payer = fields.Nested(PayerShape, required=True, allow_none=True)
    packs = fields.List(fields.Nested(BucketShape), required=True, metadata={"description": "Documents."})
    credit = fields.List(
        fields.Nested(BucketShape), required=True, metadata={"description": "Cents and counted credits."}
    )
    balances = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    why = fields.List(fields.Nested(WhyShape), required=True)


class UsageShape(Shape):
    """The use is booked."""

    consumption_id = text(form="uuid")
    company_id = text(form="uuid")
    meter = text()
    quantity = whole()
    reference = text()
    balance = whole("What is left of this meter.")
    repeated = fields.Boolean(required=True, metadata={"description": "It had been booked before."})
