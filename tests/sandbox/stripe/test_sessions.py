import pytest
import stripe

from tests.sandbox.stripe.stand import Account, item


def refusal_of(account: Account, **changes: object) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        account.open_session(**changes)
    return caught.value


def test_a_created_session_is_open_and_says_what_was_asked(account: Account) -> None:
    session = account.open_session()
    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 12200)
    assert session.url == f"{account.url}/checkout/{session.id}"
    assert session.client_reference_id == "ORD-2026-000123"
    assert session.livemode is False
    assert session.payment_intent is None


def test_a_session_is_read_back_as_it_was_created(account: Account) -> None:
    created = account.open_session()
    read = account.client.v1.checkout.sessions.retrieve(created.id)
    assert read.to_dict() == created.to_dict()


def test_line_items_come_back_in_their_order_and_in_pages(account: Account) -> None:
    session = account.open_session(line_items=[item(f"riga {n}", 100) for n in range(5)])
    first = account.client.v1.checkout.sessions.line_items.list(session.id, {"limit": 2})
    everything = [line.description for line in first.auto_paging_iter()]
    assert everything == [f"riga {n}" for n in range(5)]
    assert first.has_more is True


def test_line_items_can_be_expanded_into_the_session(account: Account) -> None:
    session = account.open_session(expand=["line_items"])
    assert session.line_items is not None
    assert [line.amount_total for line in session.line_items.data] == [10000, 2200]


def test_an_open_session_can_be_expired_once(account: Account) -> None:
    session = account.open_session()
    expired = account.client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        account.client.v1.checkout.sessions.expire(session.id)
    assert account.event_types() == ["checkout.session.expired"]


def test_a_session_expires_by_itself_when_its_time_is_over(account: Account) -> None:
    session = account.open_session()
    account.control("clock", offset_seconds=3601)
    assert account.client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert account.event_types() == ["checkout.session.expired"]


def test_metadata_can_be_changed_and_unset_afterwards(account: Account) -> None:
    session = account.open_session()
    changed = account.client.v1.checkout.sessions.update(session.id, {"metadata": {"order_id": "", "note": "x"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"shop_env": "test", "note": "x"}


@pytest.mark.parametrize(("seconds", "accepted"), [(1799, False), (1801, True), (86395, True), (86460, False)])
def test_expiry_lies_between_thirty_minutes_and_a_day(account: Account, seconds: int, accepted: bool) -> None:
    expires_at = account.now() + seconds
    if accepted:
        assert account.open_session(expires_at=expires_at).expires_at == expires_at
    else:
        assert refusal_of(account, expires_at=expires_at).param == "expires_at"


@pytest.mark.parametrize(("cents", "accepted"), [(0, True), (1, False), (49, False), (50, True)])
def test_totals_below_fifty_cents_are_refused_except_zero(account: Account, cents: int, accepted: bool) -> None:
    items = [item("una riga", cents)]
    if accepted:
        assert account.open_session(line_items=items).amount_total == cents
    else:
        assert refusal_of(account, line_items=items).code == "amount_too_small"


def test_an_unknown_parameter_is_refused_by_its_name(account: Account) -> None:
    refusal = refusal_of(account, payment_method_types=["card"])
    assert (refusal.http_status, refusal.code, refusal.param) == (400, "parameter_unknown", "payment_method_types")
    nested = item("una riga", 100)
    nested["price_data"]["product_data"]["colour"] = "red"
    assert refusal_of(account, line_items=[nested]).param == "line_items[0][price_data][product_data][colour]"


def test_what_stripe_knows_and_the_simulator_does_not_play_is_refused_by_its_name(account: Account) -> None:
    refusal = refusal_of(account, allow_promotion_codes=True)
    assert refusal.param == "allow_promotion_codes"
    assert "does not play" in str(refusal)


def test_values_of_the_wrong_kind_are_refused_by_name(account: Account) -> None:
    assert refusal_of(account, expires_at="soon").param == "expires_at"
    assert refusal_of(account, mode="gift").param == "mode"
    assert refusal_of(account, line_items="one").param == "line_items"
    assert refusal_of(account, success_url="/relative").param == "success_url"


@pytest.mark.parametrize("name", ["mode", "success_url", "line_items"])
def test_required_parameters_are_required(account: Account, name: str) -> None:
    params = account.session_params()
    del params[name]  # type: ignore[misc]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        account.client.v1.checkout.sessions.create(params)
    assert (caught.value.code, caught.value.param) == ("parameter_missing", name)


@pytest.mark.parametrize(
    "metadata",
    [{f"k{n}": "v" for n in range(51)}, {"k" * 41: "v"}, {"k": "v" * 501}],
    ids=["51 keys", "a long key", "a long value"],
)
def test_metadata_beyond_the_limits_is_refused(account: Account, metadata: dict[str, str]) -> None:
    assert str(refusal_of(account, metadata=metadata).param).startswith("metadata")
    data = {"metadata": metadata}
    assert str(refusal_of(account, payment_intent_data=data).param).startswith("payment_intent_data[metadata]")


def test_metadata_at_the_limits_is_kept(account: Account) -> None:
    metadata = {f"{n:02d}".ljust(40, "k"): "v" * 500 for n in range(50)}
    session = account.open_session(metadata=metadata)
    assert session.metadata is not None
    assert session.metadata.to_dict() == metadata


def test_a_reference_longer_than_two_hundred_characters_is_refused(account: Account) -> None:
    assert refusal_of(account, client_reference_id="x" * 201).param == "client_reference_id"
    assert account.open_session(client_reference_id="x" * 200).client_reference_id == "x" * 200


def test_the_customer_must_exist_and_lends_its_address_and_tax_id(account: Account) -> None:
    refusal = refusal_of(account, customer="cus_nobody")
    assert (refusal.code, refusal.param) == ("resource_missing", "customer")
    customer = account.client.v1.customers.create(
        {
            "name": "Studio Bianchi & Associati",
            "email": "studio@example.com",
            "address": {"city": "Bologna", "country": "IT"},
            "tax_id_data": [{"type": "eu_vat", "value": "IT00743110157"}],
        }
    )
    details = account.open_session(customer=customer.id).customer_details
    assert details is not None
    assert details.name == "Studio Bianchi & Associati"
    assert details.tax_ids is not None
    assert details.tax_ids[0].value == "IT00743110157"


def test_sessions_are_listed_newest_first_and_filtered(account: Account) -> None:
    sessions = [account.open_session() for _ in range(5)]
    account.act("expire", sessions[2].id)
    listed = account.client.v1.checkout.sessions.list({"limit": 2})
    assert [session.id for session in listed.auto_paging_iter()] == [session.id for session in reversed(sessions)]
    expired = account.client.v1.checkout.sessions.list({"status": "expired"})
    assert [session.id for session in expired.data] == [sessions[2].id]
    back = account.client.v1.checkout.sessions.list({"ending_before": sessions[1].id, "limit": 1})
    assert ([session.id for session in back.data], back.has_more) == ([sessions[2].id], True)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        account.client.v1.checkout.sessions.list({"limit": 101})
    assert caught.value.param == "limit"
