"""Every state table of this room, pair by pair: what is allowed leads where it says, all else is a named error."""

from itertools import product

import pytest

from entitlements.company_states import (
    COMPANY_STATES,
    COMPANY_STEPS,
    CompanyState,
    CompanyStep,
    IllegalCompanyStep,
    next_company_state,
)
from entitlements.coupons.coupon_states import (
    COUPON_STATES,
    COUPON_STEPS,
    CouponState,
    CouponStep,
    IllegalCouponStep,
    next_coupon_state,
)
from entitlements.provisioning.provisioning_states import (
    PROVISIONING_STATES,
    PROVISIONING_STEPS,
    IllegalProvisioningStep,
    ProvisioningState,
    ProvisioningStep,
    is_open,
    next_provisioning_state,
)
from entitlements.running.service_states import (
    SERVICE_STATES,
    SERVICE_STEPS,
    IllegalServiceStep,
    ServiceState,
    ServiceStep,
    next_service_state,
)

COUPONS: dict[tuple[CouponState, CouponStep], CouponState] = {
    ("AVAILABLE", "activate"): "ACTIVATING",
    ("AVAILABLE", "assign"): "ASSIGNED",
    ("AVAILABLE", "void"): "VOIDED",
    ("AVAILABLE", "expire"): "EXPIRED",
    ("ACTIVATING", "company_created"): "ACTIVE",
    ("ACTIVATING", "company_refused"): "AVAILABLE",
    ("ASSIGNED", "licence_started"): "ACTIVE",
    ("ACTIVE", "company_created"): "ACTIVE",
    ("VOIDED", "void"): "VOIDED",
    ("EXPIRED", "expire"): "EXPIRED",
}
COMPANIES: dict[tuple[CompanyState, CompanyStep], CompanyState] = {
    ("PROVISIONING", "created"): "READY",
    ("PROVISIONING", "refused"): "REJECTED",
    ("READY", "created"): "READY",
    ("REJECTED", "refused"): "REJECTED",
}
SERVICES: dict[tuple[ServiceState, ServiceStep], ServiceState] = {
    ("ACTIVE", "expire"): "LIMITED",
    ("ACTIVE", "renew"): "ACTIVE",
    ("ACTIVE", "base_ended"): "SUSPENDED",
    ("ACTIVE", "lapse"): "EXPIRED",
    ("LIMITED", "close"): "CLOSED",
    ("LIMITED", "renew"): "ACTIVE",
    ("SUSPENDED", "base_back"): "ACTIVE",
    ("SUSPENDED", "lapse"): "EXPIRED",
    ("SUSPENDED", "renew"): "SUSPENDED",
    ("ACTIVE", "refuse"): "CLOSED",
    ("LIMITED", "refuse"): "CLOSED",
    ("SUSPENDED", "refuse"): "CLOSED",
    ("EXPIRED", "refuse"): "CLOSED",
    ("EXPIRED", "renew"): "ACTIVE",
}
OPEN: tuple[ProvisioningState, ...] = ("PENDING", "ACCEPTED", "UNKNOWN")
REQUESTS: dict[tuple[ProvisioningState, ProvisioningStep], ProvisioningState] = {
    **{(state, "ready"): "DONE" for state in OPEN},
    **{(state, "accepted"): "ACCEPTED" for state in OPEN},
    **{(state, "refused"): "REFUSED" for state in OPEN},
    **{(state, "not_there"): "UNKNOWN" for state in OPEN},
    **{(state, "give_up"): "GIVEN_UP" for state in OPEN},
    ("PENDING", "no_answer"): "UNKNOWN",
    ("UNKNOWN", "no_answer"): "UNKNOWN",
    ("ACCEPTED", "no_answer"): "ACCEPTED",
    ("DONE", "ready"): "DONE",
    ("DONE", "accepted"): "DONE",
    ("DONE", "no_answer"): "DONE",
    ("DONE", "not_there"): "DONE",
    ("REFUSED", "refused"): "REFUSED",
    ("REFUSED", "accepted"): "REFUSED",
    ("REFUSED", "no_answer"): "REFUSED",
    ("REFUSED", "not_there"): "REFUSED",
    ("GIVEN_UP", "refused"): "GIVEN_UP",
    ("GIVEN_UP", "no_answer"): "GIVEN_UP",
    ("GIVEN_UP", "not_there"): "GIVEN_UP",
}


@pytest.mark.parametrize(("state", "step"), list(product(COUPON_STATES, COUPON_STEPS)))
def test_a_coupon_takes_exactly_the_steps_of_its_table(state: CouponState, step: CouponStep) -> None:
    """M9, D16, F000-03: nothing but a definitive refusal ever brings a coupon back."""
    if (state, step) in COUPONS:
        assert next_coupon_state(state, step) == COUPONS[state, step]
        return
    with pytest.raises(IllegalCouponStep) as refused:
        next_coupon_state(state, step)
    assert (refused.value.state, refused.value.step) == (state, step)


@pytest.mark.parametrize(("state", "step"), list(product(COMPANY_STATES, COMPANY_STEPS)))
def test_a_company_takes_exactly_the_steps_of_its_table(state: CompanyState, step: CompanyStep) -> None:
    if (state, step) in COMPANIES:
        assert next_company_state(state, step) == COMPANIES[state, step]
        return
    with pytest.raises(IllegalCompanyStep) as refused:
        next_company_state(state, step)
    assert (refused.value.state, refused.value.step) == (state, step)


@pytest.mark.parametrize(("state", "step"), list(product(PROVISIONING_STATES, PROVISIONING_STEPS)))
def test_a_request_takes_exactly_the_steps_of_its_table(state: ProvisioningState, step: ProvisioningStep) -> None:
    """M25: late and repeated answers change nothing; the opposite of what was said is an error of its own."""
    if (state, step) in REQUESTS:
        assert next_provisioning_state(state, step) == REQUESTS[state, step]
        return
    with pytest.raises(IllegalProvisioningStep) as refused:
        next_provisioning_state(state, step)
    assert (refused.value.state, refused.value.step) == (state, step)


@pytest.mark.parametrize(("state", "step"), list(product(SERVICE_STATES, SERVICE_STEPS)))
def test_a_service_takes_exactly_the_steps_of_its_table(state: ServiceState, step: ServiceStep) -> None:
    """F004-23: limited for ninety days, then closed; a closed one never opens again."""
    if (state, step) in SERVICES:
        assert next_service_state(state, step) == SERVICES[state, step]
        return
    with pytest.raises(IllegalServiceStep) as refused:
        next_service_state(state, step)
    assert (refused.value.state, refused.value.step) == (state, step)


@pytest.mark.parametrize("state", PROVISIONING_STATES)
def test_only_requests_without_an_end_are_open(state: ProvisioningState) -> None:
    assert is_open(state) == (state in OPEN)


@pytest.mark.parametrize(("state", "step"), [pair for pair in REQUESTS if pair[0] not in OPEN])
def test_an_ended_request_never_opens_again(state: ProvisioningState, step: ProvisioningStep) -> None:
    assert next_provisioning_state(state, step) == state
