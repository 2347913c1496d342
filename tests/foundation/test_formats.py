"""How money, days, instants and counts are written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel, force_locale

from foundation import formats


@pytest.mark.parametrize(
    ("cents", "italian", "english"),
    [
        (17934, "179,34\u00a0€", "€179.34"),
        (0, "0,00\u00a0€", "€0.00"),
        (5, "0,05\u00a0€", "€0.05"),
        (-120, "−1,20\u00a0€", "−€1.20"),
        (123456789, "1.234.567,89\u00a0€", "€1,234,567.89"),
    ],
)
def test_money_is_written_from_integer_cents(cents: int, italian: str, english: str) -> None:
    assert formats.money(cents) == italian
    assert formats.money(cents, "en") == english


@pytest.mark.parametrize(
    ("euro", "written"),
    [
        ("0.06", "0,06\u00a0€"),
        ("0.2", "0,20\u00a0€"),
        ("0.005", "0,005\u00a0€"),
        ("49", "49,00\u00a0€"),
        ("1200", "1.200,00\u00a0€"),
        ("-0.5", "−0,50\u00a0€"),
    ],
)
def test_a_unit_price_keeps_every_decimal_it_has(euro: str, written: str) -> None:
    assert formats.unit_price(Decimal(euro)) == written


def test_counts_have_their_thousands_apart() -> None:
    assert formats.number(1204) == "1.204"
    assert formats.number(1204, "en") == "1,204"
    assert formats.number(-3) == "−3"


@pytest.mark.parametrize(
    ("count", "italian", "english"),
    [
        (0, "0,0\u00a0GB", "0.0\u00a0GB"),
        (8_149_999_999, "8,1\u00a0GB", "8.1\u00a0GB"),
        (8_150_000_000, "8,2\u00a0GB", "8.2\u00a0GB"),
        (1_234_960_000_000, "1.235,0\u00a0GB", "1,235.0\u00a0GB"),
    ],
)
def test_bytes_are_written_as_gigabytes_to_a_tenth(count: int, italian: str, english: str) -> None:
    assert formats.gigabytes(count) == italian
    assert formats.gigabytes(count, "en") == english


@pytest.mark.parametrize(
    ("rate", "italian", "english"),
    [(2200, "22%", "22%"), (2250, "22,5%", "22.5%"), (125, "1,25%", "1.25%"), (0, "0%", "0%"), (-400, "−4%", "−4%")],
)
def test_a_rate_is_written_from_basis_points(rate: int, italian: str, english: str) -> None:
    assert formats.basis_points(rate) == italian
    assert formats.basis_points(rate, "en") == english


def test_a_day_cannot_be_read_two_ways_in_english() -> None:
    assert formats.day(date(2026, 12, 3)) == "03/12/2026"
    assert formats.day(date(2026, 12, 3), "en") == "3 Dec 2026"


def test_a_term_shows_the_last_day_that_can_be_used() -> None:
    assert formats.last_day(date(2027, 1, 1)) == "31/12/2026"


def test_an_instant_is_read_on_the_clock_of_rome_in_summer_and_in_winter() -> None:
    assert formats.instant(datetime(2026, 9, 15, 8, 42, tzinfo=UTC)) == "15/09/2026, 10:42"
    assert formats.instant(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "01/01/2027, 00:30"
    assert formats.hour(datetime(2026, 9, 15, 8, 42, tzinfo=UTC)) == "10:42"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        formats.instant(datetime(2026, 9, 15, 8, 42))  # noqa: DTZ001 - the naive time is the point


def test_a_machine_reads_an_instant_in_utc() -> None:
    rome = datetime.fromisoformat("2026-09-15T10:42:00+02:00")
    assert formats.machine_instant(rome) == "2026-09-15T08:42:00Z"


@pytest.mark.parametrize(
    ("span", "italian", "english"),
    [
        (timedelta(days=6, hours=4), "6 giorni e 4 ore", "6 days and 4 hours"),
        (timedelta(days=1, hours=1, minutes=1), "1 giorno e 1 ora", "1 day and 1 hour"),
        (timedelta(hours=2), "2 ore", "2 hours"),
        (timedelta(seconds=1), "1 minuto", "1 minute"),
        (timedelta(0), "0 minuti", "0 minutes"),
        (timedelta(days=-1), "0 minuti", "0 minutes"),
    ],
)
def test_the_time_left_is_told_in_its_two_largest_parts(span: timedelta, italian: str, english: str) -> None:
    assert formats.remaining(span) == italian
    assert formats.remaining(span, "en") == english


def test_an_account_number_is_grouped_by_four_however_it_came() -> None:
    assert formats.iban("IT60X0542811101000000123456") == "IT60 X054 2811 1010 0000 0123 456"
    assert formats.iban("IT60 X0542811101000000123456") == "IT60 X054 2811 1010 0000 0123 456"


@pytest.mark.parametrize(
    ("reader", "written"), [("it", "it 179,34\u00a0€"), ("en", "en €179.34"), ("de", "it 179,34\u00a0€")]
)
def test_templates_write_in_the_readers_language_and_in_italian_for_any_other(reader: str, written: str) -> None:
    app = Flask("formats")
    Babel(app, locale_selector=lambda: reader)
    formats.install(app)
    with app.test_request_context():
        assert render_template_string("{{ language() }} {{ 17934|money }}") == written


@pytest.mark.parametrize(
    ("cookie", "chosen"), [("language=en", "en"), ("language=it", "it"), ("language=xx", "it"), ("", "it")]
)
def test_a_page_speaks_the_language_chosen_in_this_browser_and_italian_until_then(cookie: str, chosen: str) -> None:
    app = Flask("formats")
    Babel(app, locale_selector=formats.language)
    formats.install(app)
    with app.test_request_context(headers={"Cookie": cookie, "Accept-Language": "en"}):
        assert formats.language() == chosen
        assert render_template_string("{{ language() }}") == chosen


def test_a_mail_is_written_in_the_language_of_its_recipient() -> None:
    app = Flask("formats")
    Babel(app, locale_selector=formats.language)
    formats.install(app)
    with app.app_context():
        assert render_template_string("{{ 17934|money }}") == "179,34\u00a0€"
        with force_locale("en"):
            assert render_template_string("{{ 17934|money }}") == "€179.34"
