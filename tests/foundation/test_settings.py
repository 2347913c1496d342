import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from foundation.settings import SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET, Settings, SettingsRefused, parse_duration

SOUND = "whsec_" + base64.b64encode(b"k" * 32).decode()
PRODUCTION = {
    "MODE": "production",
    "SECRET_KEY": "a-secret-of-production-with-enough-letters",
    "DATABASE_URL": "postgresql+psycopg://app@db.example/gettone",
    "PUBLIC_URL": "https://shop.example",
    "STRIPE_API_KEY": "sk_live_1",
    "STRIPE_API_BASE": "https://api.stripe.com",
    "STRIPE_WEBHOOK_SECRETS": "whsec_a-secret-of-stripe-that-is-no-base64",
    "BANK_WEBHOOK_SECRETS": SOUND,
    "PROVISIONING_URL": "https://accounting.example",
    "PROVISIONING_SECRET": SOUND,
    "SMTP_URL": "smtps://post.example:465",
    "MAIL_SENDER": "Shop <shop@shop.example>",
    "SELLER_NAME": "Vendor S.r.l.",
    "SELLER_IBAN": "IT60X0542811101000000123456",
    "SELLER_VAT_NUMBER": "07643520567",
}


def _refused(environment: Mapping[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsRefused) as caught:
        Settings.from_environment(environment)
    return caught.value.problems


def test_an_empty_environment_is_a_sandbox() -> None:
    settings = Settings.from_environment({})
    assert settings.sandbox
    assert settings.payment_simulator_in_use
    assert not settings.livemode
    assert not settings.secure_cookies


def test_a_whole_production_environment_is_accepted() -> None:
    settings = Settings.from_environment(PRODUCTION)
    assert not settings.sandbox
    assert settings.livemode
    assert settings.secure_cookies
    assert not settings.payment_simulator_in_use


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", SANDBOX_SECRET_KEY, "SECRET_KEY is the sandbox default."),
        ("SECRET_KEY", "", "SECRET_KEY is the sandbox default."),
        ("SECRET_KEY", "short", "SECRET_KEY is shorter than 32 characters."),
        ("STRIPE_WEBHOOK_SECRETS", "", "STRIPE_WEBHOOK_SECRETS holds the sandbox default."),
        ("STRIPE_WEBHOOK_SECRETS", ",", "STRIPE_WEBHOOK_SECRETS: a webhook secret is missing."),
        ("STRIPE_WEBHOOK_SECRETS", f"{SANDBOX_WEBHOOK_SECRET},{SOUND}", "STRIPE_WEBHOOK_SECRETS holds the sandbox"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_short", "STRIPE_WEBHOOK_SECRETS holds a secret that is too short"),
        ("BANK_WEBHOOK_SECRETS", "", "BANK_WEBHOOK_SECRETS holds the sandbox default."),
        ("BANK_WEBHOOK_SECRETS", "whsec_" + "YQ==", "BANK_WEBHOOK_SECRETS holds a secret that is too short"),
        ("BANK_WEBHOOK_SECRETS", "x" * 50, "BANK_WEBHOOK_SECRETS holds a secret that is too short or no whsec_"),
        ("PROVISIONING_SECRET", "", "PROVISIONING_SECRET holds the sandbox default."),
        ("PROVISIONING_SECRET", "whsec_****" + "A" * 40, "PROVISIONING_SECRET holds a secret"),
        ("PROVISIONING_URL", "", "PROVISIONING_URL is missing"),
        ("SMTP_URL", "", "SMTP_URL is missing"),
        ("MAIL_SENDER", " ", "MAIL_SENDER is missing"),
        ("STRIPE_API_KEY", "", "STRIPE_API_KEY is missing"),
        ("STRIPE_API_BASE", "http://127.0.0.1:8011", "STRIPE_API_BASE is not Stripe: the simulator"),
        ("STRIPE_API_BASE", "http://127.0.0.1:8011", "a live key never leaves for elsewhere"),
        ("PUBLIC_URL", "http://shop.example", "PUBLIC_URL is not https."),
        ("DATABASE_URL", "", "DATABASE_URL is missing."),
        ("SELLER_NAME", "", "SELLER_NAME is the demo's."),
        ("SELLER_IBAN", "", "SELLER_IBAN is missing"),
        ("SELLER_VAT_NUMBER", "", "SELLER_VAT_NUMBER is missing"),
        ("FLASK_DEBUG", "1", "FLASK_DEBUG is for development."),
        ("DEBUG", "true", "DEBUG is for development."),
        ("GETTONE_FAULT", "payment.recorded", "GETTONE_FAULT is for development."),
    ],
)
def test_production_refuses_each_dangerous_setting_by_name(name: str, value: str, sentence: str) -> None:
    problems = _refused(PRODUCTION | {name: value})
    assert any(sentence in problem for problem in problems), problems


@pytest.mark.parametrize(("name", "value"), [("FLASK_DEBUG", "0"), ("DEBUG", "false"), ("GETTONE_FAULT", "")])
def test_a_development_switch_that_is_off_is_no_reason_to_refuse(name: str, value: str) -> None:
    assert Settings.from_environment(PRODUCTION | {name: value}).mode == "production"


def test_production_without_a_word_names_everything_at_once() -> None:
    problems = _refused({"MODE": "production"})
    assert len(problems) >= 12
    assert len(set(problems)) == len(problems)


def test_the_application_does_not_start_on_a_refused_environment() -> None:
    with pytest.raises(SettingsRefused):
        create_app(PRODUCTION | {"SECRET_KEY": "short"})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MODE", "staging", "MODE='staging' is not sandbox or production."),
        ("ORDER_EXPIRES_AFTER", "a week", "ORDER_EXPIRES_AFTER='a week' is not a duration such as 30m, 12h or 7d."),
        ("ORDER_EXPIRES_AFTER", "-7d", "ORDER_EXPIRES_AFTER='-7d' is not a duration"),
        ("ORDER_EXPIRES_AFTER", "9999999999999d", "is not a duration"),
        ("BANK_TRANSFER_SLA", "999999999d", None),
        ("SUPPORT_ANSWER_HOURS", "-1", "SUPPORT_ANSWER_HOURS='-1' is not a whole number, zero or more."),
        ("TRUSTED_PROXIES", "one", "TRUSTED_PROXIES='one' is not a whole number"),
        ("STRIPE_SEPA_DEBIT", "perhaps", "STRIPE_SEPA_DEBIT='perhaps' is not one of 0, 1, true, false."),
        ("PUBLIC_URL", "shop.example", "PUBLIC_URL is not an address"),
        ("PUBLIC_URL", "javascript:alert(1)", "PUBLIC_URL is not an address"),
        ("PUBLIC_URL", "http://[", "PUBLIC_URL is not an address"),
        ("SMTP_URL", "http://post.example", "SMTP_URL is not an address"),
        ("SMTP_URL", "smtp://post.example:port", "SMTP_URL is not an address"),
        ("PROVISIONING_URL", "ftp://accounting.example", "PROVISIONING_URL is not an address"),
        ("STRIPE_API_BASE", "nowhere", "STRIPE_API_BASE is not an address"),
        ("STRIPE_API_KEY", "sk_live_1", "a live key never leaves for elsewhere"),
        ("STRIPE_API_KEY", "rk_live_1", "a live key never leaves for elsewhere"),
        ("BANK_TRANSFER_SLA", "1h", "BANK_TRANSFER_SLA is shorter than BANK_TRANSFER_RELEASE_AFTER"),
    ],
)
def test_nonsense_is_refused_by_name_also_in_the_sandbox(name: str, value: str, sentence: str | None) -> None:
    if sentence is None:
        assert Settings.from_environment({name: value}).bank_transfer_sla == timedelta(days=999_999_999)
        return
    problems = _refused({name: value})
    assert any(sentence in problem for problem in problems), problems


@pytest.mark.parametrize(
    "base", ["https://api.stripe.com.evil.example", "http://api.stripe.com", "https://evil.example"]
)
def test_a_live_key_is_never_sent_to_a_host_that_only_looks_like_stripe(base: str) -> None:
    assert any("live key" in problem for problem in _refused({"STRIPE_API_KEY": "sk_live_1", "STRIPE_API_BASE": base}))


def test_printed_settings_show_no_secret() -> None:
    settings = Settings.from_environment(PRODUCTION)
    for printed in (repr(settings), str(settings), f"{settings!r}"):
        for secret in ("a-secret", "whsec_", "sk_live", "db.example", "smtps"):
            assert secret not in printed


def test_a_refusal_shows_no_secret() -> None:
    said = "\n".join(_refused(PRODUCTION | {"SECRET_KEY": "hush", "BANK_WEBHOOK_SECRETS": "whsec_hush"}))
    assert "hush" not in said
    assert "sk_live" not in said


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        (" 7d ", timedelta(days=7)),
        ("0s", timedelta()),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@given(st.text(max_size=30))
def test_a_duration_is_read_or_refused_and_nothing_else(text: str) -> None:
    well_formed = re.fullmatch(r"[0-9]{1,9}[smhd]", text.strip())
    if well_formed:
        assert parse_duration(text) >= timedelta()
    else:
        with pytest.raises(ValueError) as refused:  # noqa: PT011 - the value is the message, also when it is empty
            parse_duration(text)
        assert str(refused.value) == text


@given(
    st.dictionaries(st.sampled_from(sorted(PRODUCTION)), st.text(st.characters(exclude_characters="\0"), max_size=40))
)
def test_no_environment_does_worse_than_being_refused(environment: dict[str, str]) -> None:
    with suppress(SettingsRefused):
        assert Settings.from_environment(environment).mode in {"sandbox", "production"}
