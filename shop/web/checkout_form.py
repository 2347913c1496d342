"""The checkout's form: billing data prefilled from the buyer, the choices, and every mistake beside its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from entitlements import ADDRESS_FIELDS, BillingData, Party, check_billing, sentence_of
from shop.billing_on_file import billing_on_file
from shop.orders.order_book import CARD
from shop.payments.method import METHODS

BILLING_NAMES = (
    "vat_number",
    "tax_code",
    "name",
    *ADDRESS_FIELDS,
    "email",
    "pec",
    "sdi_code",
    "phone",
    "purchase_order_ref",
)
# Which tick accepts which clauses: terms, privacy and the buyer's trade in one, each onerous clause in its own.
TICKS: Mapping[str, tuple[str, ...]] = {
    "terms": ("general_terms", "privacy", "business_purchase"),
    "tacit_renewal": ("tacit_renewal",),
    "liability_limits": ("liability_limits",),
}
_FIGURES_AT_MOST = 15


@dataclass(frozen=True, slots=True)
class CheckoutForm:
    """What the page shows and what comes back: texts as typed, ticks, and what the buyer had in view."""

    values: Mapping[str, str]
    method: str = CARD
    ticks: frozenset[str] = frozenset()
    keep: bool = False
    use_credit: bool = True
    cart_id: UUID | None = None
    seen_version: int | None = None
    seen_gross_cents: int | None = None

    @property
    def clauses(self) -> frozenset[str]:
        """The clauses the ticks accept."""
        return frozenset(clause for tick in self.ticks for clause in TICKS[tick])


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """A form checked: the billing data when they are right, and the sentences of everything that is wrong, by field."""

    form: CheckoutForm
    billing: BillingData | None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def billing_is_wrong(self) -> bool:
        """Whether the folded billing data must be open: something in them is missing or wrong."""
        return self.billing is None


def prefilled(party: Party, email: str) -> CheckedForm:
    """The form a buyer finds: their own data, checked already so that the page knows whether to fold them away."""
    values = billing_on_file(party, email)
    return CheckedForm(CheckoutForm(values), check_billing(values).data)


def read(form: MultiDict[str, str]) -> CheckoutForm:
    """The form as it came; what is no number or no id is as good as missing."""
    return CheckoutForm(
        values={name: form.get(name, "") for name in BILLING_NAMES},
        method=form.get("method", ""),
        ticks=frozenset(tick for tick in TICKS if tick in form),
        keep="keep" in form,
        use_credit="use_credit" in form,
        cart_id=_id(form.get("cart", "")),
        seen_version=number_in(form.get("seen_version", "")),
        seen_gross_cents=number_in(form.get("seen_gross_cents", "")),
    )


def check(form: CheckoutForm) -> CheckedForm:
    """Check everything at once: a person is told all mistakes together, in the order of the page."""
    checked = check_billing(form.values)
    errors = {problem.field: sentence_of(problem, _) for problem in reversed(checked.errors)}
    errors = {name: errors[name] for name in (*BILLING_NAMES, *errors) if name in errors}
    if form.method not in METHODS:
        errors["method"] = _("Scegli tra carta e bonifico.")
    sentences = {
        "terms": _("Per ordinare accetta le condizioni generali."),
        "tacit_renewal": _("Per proseguire approva la clausola sul tacito rinnovo."),
        "liability_limits": _("Per proseguire approva la clausola sui limiti di responsabilità."),
    }
    errors |= {tick: sentence for tick, sentence in sentences.items() if tick not in form.ticks}
    return CheckedForm(form, checked.data, errors)


def number_in(text: str) -> int | None:
    """The whole number a form sends back, or None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _FIGURES_AT_MOST else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
