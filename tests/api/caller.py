"""A program that calls the API with a token, as the tests tell their stories."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from entitlements import Party
from entitlements.wallets import WalletBucket, fill_bucket
from foundation import clock
from foundation.ids import new_id
from tests.conftest import Transact
from tests.factories import a_studio
from tests.signing import sign_in_by_token
from tests.stories import COMPANY_FORM, stock_the_shop

CLAUSES = ["general_terms", "privacy", "business_purchase", "tacit_renewal", "liability_limits"]


@dataclass
class Caller:
    """One token."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: str | int) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query, headers=self.headers)

    def post(self, path: str, body: object = None, key: str | None = "", **headers: str) -> TestResponse:
        """Post JSON; a fresh Idempotency-Key unless one is given, none with `key=None`."""
        sent = {**self.headers, **headers}
        if key is not None:
            sent["Idempotency-Key"] = key or str(new_id())
        return self.client.post(f"/api/v1{path}", json={} if body is None else body, headers=sent)

    def put(self, path: str, body: object) -> TestResponse:
        """Say how something is."""
        return self.client.put(f"/api/v1{path}", json=body, headers=self.headers)

    def post_raw(self, path: str, raw: bytes, content_type: str = "application/json") -> TestResponse:
        sent = {**self.headers, "Idempotency-Key": str(new_id())}
        return self.client.post(f"/api/v1{path}", data=raw, content_type=content_type, headers=sent)


def caller(client: FlaskClient, role: str, party_id: UUID | None = None) -> Caller:
    """A caller with a fresh token."""
    return Caller(client, sign_in_by_token(client, role, party_id))


def a_stocked_studio(tx: Transact) -> Party:
    """The demo catalogue on sale, and a studio that may buy."""
    with tx() as session:
        stock_the_shop(session)
        return a_studio(session)


def order_body(**changes: object) -> dict[str, Any]:
    """An order of one pack of coupons, by bank transfer."""
    line = {"sku": "LITE-10", "quantity": 1}
    return {"lines": [line], "payment_method": "bank_transfer", "accepted_clauses": CLAUSES} | changes


def company_json(**changes: object) -> dict[str, Any]:
    """The company of the stories as the API takes it."""
    form = dict(COMPANY_FORM)
    flat = ("name", "vat_number", "tax_code", "legal_form", "tax_regime", "accounting_regime", "email", "sdi_code")
    whole: dict[str, Any] = {name: form[name] for name in flat}
    whole["registered_office"] = {name: form[name] for name in ("street", "postal_code", "city", "province", "country")}
    whole["legal_representative"] = {
        "first_name": form["first_name"],
        "last_name": form["last_name"],
        "tax_code": form["representative_tax_code"],
        "email": form["representative_email"],
    }
    whole["ateco"] = {"code": form["ateco_code"], "edition": form["ateco_edition"]}
    return whole | changes


@dataclass
class Activated:
    """A company that is ready, its studio, and the callers that look at it."""

    company_id: UUID
    studio_id: UUID
    studio: Caller
    product: Caller

    def at(self, when: datetime | None = None, **more: str) -> dict[str, Any]:
        """What it may do at an instant, as the vendor's software is told."""
        query = more | ({"at": when.isoformat()} if when else {})
        answer = self.product.get(f"/companies/{self.company_id}/entitlements", **query)
        assert answer.status_code == 200, answer.get_json()
        told: dict[str, Any] = answer.get_json()
        return told


def fill_pack(tx: Transact, holder: UUID, granted: int, at: datetime | None = None) -> None:
    with tx() as session:
        bucket = WalletBucket(
            holder_party_id=holder,
            meter="documents",
            funding="PAID",
            granted=granted,
            ends_on=None,
            sku="FE-50",
            cause_kind="order_line",
            cause_id=new_id(),
            created_at=at or clock.now(),
        )
        assert fill_bucket(session, bucket)


def pointers(answer: TestResponse) -> set[str]:
    """The pointers of a problem's errors."""
    told = answer.get_json()
    return {error["pointer"] for error in told.get("errors", [])}
