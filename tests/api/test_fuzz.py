"""R07: schemathesis sends what the description allows and what it forbids, as every role; all its checks must hold."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.config import ChecksConfig, PositiveDataAcceptanceConfig, SchemathesisConfig
from schemathesis.generation import GenerationMode

from entitlements import activate_coupon, stock_of
from tests.api.caller import Caller, a_stocked_studio, caller, order_body
from tests.conftest import Transact
from tests.stories import a_paid_order, company_data, owner_of

# `make torture` asks for the full size: 20,000 cases and more per role.
CASES = 800 if os.environ.get("TORTURE") == "full" else 5
# The shop's rules refuse much that the shapes allow: a product that is not there, a key of another request.
ALLOWED = ["2xx", "401", "403", "404", "409", "412", "422"]
TOKEN_LASTS = 400
"""Cases of one token: fewer than it may ask for in a minute."""


@dataclass
class World:
    """A studio with orders, coupons and a company, and the ids a case may name."""

    app: Flask
    call: Callable[[str], Caller]
    known: dict[str, str]


@pytest.fixture
def world(client: FlaskClient, tx: Transact, run_jobs: Callable[[], int]) -> World:
    party = a_stocked_studio(tx)
    with tx() as session:
        a_paid_order(session, party)
        coupon, _pack = stock_of(session, party.id)[0]
        company = activate_coupon(session, coupon.id, company_data(), owner_of(party))
    run_jobs()
    number = caller(client, "studio", party.id).post("/orders", order_body()).get_json()["number"]
    with tx() as session:
        free, _pack = stock_of(session, party.id, state="AVAILABLE")[0]
    owners: dict[str, UUID] = {"studio": party.id, "company": company.id}
    known = {"company_id": str(company.id), "coupon_id": str(free.id), "number": number}
    return World(client.application, lambda role: caller(client, role, owners.get(role)), known)


def _configured() -> SchemathesisConfig:
    accepted = PositiveDataAcceptanceConfig(enabled=True, expected_statuses=ALLOWED)
    config = SchemathesisConfig()
    config.projects.default.checks = ChecksConfig(positive_data_acceptance=accepted)
    return config


@pytest.mark.parametrize("role", ["studio", "company", "finance", "support", "admin", "product"])
def test_no_case_of_the_description_breaks_the_api(world: World, role: str) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", world.app, config=_configured())
    fuzz = Fuzz(world, role)
    for found in schema.get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            fuzz.send(found.ok(), mode)  # type: ignore[union-attr] # a shape that is no schema fails here
    print(f"role={role} cases={fuzz.cases} operations={fuzz.operations // 2} 5xx=0 schema_violations=0")
    assert fuzz.cases >= CASES * 10


class Fuzz:
    """Sends the cases of one role; a check that fails raises."""

    def __init__(self, world: World, role: str) -> None:
        self.world, self.role = world, role
        self.cases = self.operations = 0
        self.headers: dict[str, str] = {}

    def send(self, operation: Any, mode: GenerationMode) -> None:  # noqa: ANN401 - schemathesis has many kinds
        cases = operation.as_strategy(generation_mode=mode)

        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, real=st.booleans())
        def each(case: Any, real: bool) -> None:  # noqa: ANN401
            self._send(case, real=real and mode is GenerationMode.POSITIVE)

        each()
        self.operations += 1

    def _send(self, case: Any, *, real: bool) -> None:  # noqa: ANN401
        if self.cases % TOKEN_LASTS == 0:
            self.headers = self.world.call(self.role).headers
        self.cases += 1
        if real:
            known = self.world.known
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        case.call_and_validate(headers=self.headers)
