"""JSON Schemas of the requests, read at start from the type hints of the installed library.

The library's own parameter types are the only description of Stripe's requests that is at hand
without an account, and reading them means that an upgrade of the library is noticed here.
"""

import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

import stripe.params
import stripe.params.checkout
from stripe import RequestOptions, StripeObject

from sandbox.stripe.jsons import Json

_SCALARS: dict[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": ["string", "number"]},
}

_OPTIONS = frozenset(RequestOptions.__annotations__)

# Names that only the inherited options use; their module is not the one hints are resolved in.
_OPTION_NAMES: dict[str, Any] = {"StripeContext": object, "Mapping": Mapping}


@cache
def object_schema(params: type) -> Json:
    """Return the schema of one of the library's parameter types, with nested types inlined."""
    hints = typing.get_type_hints(params, localns=_OPTION_NAMES, include_extras=True)
    properties: Json = {}
    required: list[str] = []
    for name, hint in hints.items():
        if name in _OPTIONS:
            continue
        origin = get_origin(hint)
        if origin is not NotRequired:
            required.append(name)
        inner = get_args(hint)[0] if origin in (NotRequired, Required) else hint
        properties[name] = _schema(inner)
    schema: Json = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        schema["required"] = sorted(required)
    return schema


def _schema(hint: object) -> Json:
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    origin = get_origin(hint)
    if origin is Literal:
        return {"enum": sorted(get_args(hint))}
    if origin is list:
        return {"type": "array", "items": _schema(get_args(hint)[0])}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema(get_args(hint)[1])}
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if isinstance(hint, type) and issubclass(hint, dict):
        return object_schema(hint)
    raise TypeError(f"no schema for the type hint {hint!r}")


def _union(members: tuple[object, ...]) -> Json:
    shown = [member for member in members if not _is_object_form(member)]
    literals = [member for member in shown if get_origin(member) is Literal]
    values = sorted({value for member in literals for value in get_args(member)})
    others = [member for member in shown if get_origin(member) is not Literal]
    if str in others and values not in ([], [""]):
        # Stripe calls these lists open; a name it does not know today is a typing error here.
        others.remove(str)
    elif str in others:
        values = []
    parts = ([{"enum": values}] if values else []) + [_schema(member) for member in others]
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def _is_object_form(member: object) -> bool:
    """Tell the library's object twin of a plain dict: it is the same on the wire."""
    origin = get_origin(member) or member
    return isinstance(origin, type) and issubclass(origin, StripeObject)


def request_schemas() -> dict[str, Json]:
    """Return the schema of every request the simulator answers, keyed ``METHOD /path``."""
    params = stripe.params
    checkout = stripe.params.checkout
    types_by_request: dict[str, type] = {
        "GET /v1/balance_transactions": params.BalanceTransactionListParams,
        "GET /v1/balance_transactions/{id}": params.BalanceTransactionRetrieveParams,
        "GET /v1/charges": params.ChargeListParams,
        "GET /v1/charges/{id}": params.ChargeRetrieveParams,
        "GET /v1/checkout/sessions": checkout.SessionListParams,
        "GET /v1/checkout/sessions/{id}": checkout.SessionRetrieveParams,
        "GET /v1/checkout/sessions/{id}/line_items": checkout.SessionLineItemListParams,
        "GET /v1/customers": params.CustomerListParams,
        "GET /v1/customers/{id}": params.CustomerRetrieveParams,
        "GET /v1/disputes": params.DisputeListParams,
        "GET /v1/disputes/{id}": params.DisputeRetrieveParams,
        "GET /v1/events": params.EventListParams,
        "GET /v1/events/{id}": params.EventRetrieveParams,
        "GET /v1/payment_intents": params.PaymentIntentListParams,
        "GET /v1/payment_intents/{id}": params.PaymentIntentRetrieveParams,
        "GET /v1/payment_methods/{id}": params.PaymentMethodRetrieveParams,
        "GET /v1/payouts": params.PayoutListParams,
        "GET /v1/payouts/{id}": params.PayoutRetrieveParams,
        "GET /v1/refunds": params.RefundListParams,
        "GET /v1/refunds/{id}": params.RefundRetrieveParams,
        "GET /v1/setup_intents/{id}": params.SetupIntentRetrieveParams,
        "POST /v1/checkout/sessions": checkout.SessionCreateParams,
        "POST /v1/checkout/sessions/{id}": checkout.SessionUpdateParams,
        "POST /v1/checkout/sessions/{id}/expire": checkout.SessionExpireParams,
        "POST /v1/customers": params.CustomerCreateParams,
        "POST /v1/customers/{id}": params.CustomerUpdateParams,
        "POST /v1/disputes/{id}": params.DisputeUpdateParams,
        "POST /v1/payment_intents": params.PaymentIntentCreateParams,
        "POST /v1/payment_methods/{id}/detach": params.PaymentMethodDetachParams,
        "POST /v1/refunds": params.RefundCreateParams,
        "POST /v1/refunds/{id}": params.RefundUpdateParams,
    }
    return {request: object_schema(hints) for request, hints in types_by_request.items()}
