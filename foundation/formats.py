"""Formats: how money, days, instants and counts are written for a person, in Italian or in English.

Every function is pure and takes the language; `install` registers them as Jinja filters that take the reader's.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from flask import Flask, has_request_context, request
from flask.ctx import AppContext
from flask.globals import app_ctx
from flask_babel import get_locale
from werkzeug.local import LocalProxy

from foundation.clock import ROME

ITALIAN: Final = "it"
ENGLISH: Final = "en"
LANGUAGES: Final = (ITALIAN, ENGLISH)
LANGUAGE_COOKIE: Final = "language"

_CONTEXT: Final = cast("LocalProxy[AppContext]", app_ctx)
_NO_BREAK: Final = "\u00a0"
_MINUS: Final = "\u2212"
_ENGLISH_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPANS: Final = {
    ITALIAN: (("giorno", "giorni"), ("ora", "ore"), ("minuto", "minuti")),
    ENGLISH: (("day", "days"), ("hour", "hours"), ("minute", "minutes")),
}
_AND: Final = {ITALIAN: " e ", ENGLISH: " and "}
_CENTS_IN_A_EURO: Final = 100
_BASIS_POINTS_IN_A_PERCENT: Final = 100
_PRICE_DECIMALS: Final = 2
_TENTH_OF_A_GIGABYTE: Final = 10**8
_TENTHS: Final = 10


def number(count: int, language: str = ITALIAN) -> str:
    """A count with its thousands apart: 1204 is "1.204" in Italian and "1,204" in English."""
    return _minus(f"{count:,}".replace(",", _thousands(language)))


def money(cents: int, language: str = ITALIAN) -> str:
    """Euro from integer cents: 17934 is "179,34 €" with a no-break space, or "€179.34"."""
    whole, rest = divmod(abs(cents), _CENTS_IN_A_EURO)
    return _euro(f"{number(whole, language)}{_point(language)}{rest:02}", language, negative=cents < 0)


def unit_price(euro: Decimal, language: str = ITALIAN) -> str:
    """A price per piece in euro, with two decimals or as many as it has: 0.06 is "0,06 €", 0.005 is "0,005 €"."""
    shown = f"{abs(euro).normalize():f}"
    whole, _, decimals = shown.partition(".")
    text = f"{number(int(whole), language)}{_point(language)}{decimals.ljust(_PRICE_DECIMALS, '0')}"
    return _euro(text, language, negative=euro < 0)


def basis_points(rate: int, language: str = ITALIAN) -> str:
    """A rate from basis points: 2200 is "22%", 2250 is "22,5%"."""
    whole, rest = divmod(abs(rate), _BASIS_POINTS_IN_A_PERCENT)
    decimals = f"{rest:02}".rstrip("0")
    sign = _MINUS if rate < 0 else ""
    return f"{sign}{whole}{_point(language) if decimals else ''}{decimals}%"


def gigabytes(count: int, language: str = ITALIAN) -> str:
    """Bytes as gigabytes of a thousand million, half-up to a tenth: 8149000000 is "8,1 GB"."""
    whole, tenth = divmod((count + _TENTH_OF_A_GIGABYTE // 2) // _TENTH_OF_A_GIGABYTE, _TENTHS)
    return f"{number(whole, language)}{_point(language)}{tenth}{_NO_BREAK}GB"


def day(on: date, language: str = ITALIAN) -> str:
    """A civil day: "31/12/2026", or "31 Dec 2026" in English, where figures alone would be read two ways."""
    if language == ENGLISH:
        return f"{on.day} {_ENGLISH_MONTHS[on.month - 1]} {on.year}"
    return f"{on.day:02}/{on.month:02}/{on.year:04}"


def last_day(ends_on: date, language: str = ITALIAN) -> str:
    """The last usable day of a half-open term: `ends_on` 1 January 2027 is shown as "31/12/2026" (D4)."""
    return day(ends_on - timedelta(days=1), language)


def instant(at: datetime, language: str = ITALIAN) -> str:
    """A UTC instant on the clock of Rome: "15/09/2026, 10:42". Raises ValueError for a time without a zone."""
    local = _rome(at)
    return f"{day(local.date(), language)}, {local.hour:02}:{local.minute:02}"


def hour(at: datetime, language: str = ITALIAN) -> str:  # noqa: ARG001 - every format takes the reader's language
    """Only the hour of an instant, on the clock of Rome: "10:42". Raises ValueError for a time without a zone."""
    local = _rome(at)
    return f"{local.hour:02}:{local.minute:02}"


def remaining(span: timedelta, language: str = ITALIAN) -> str:
    """The two largest parts of a time to go, minutes rounded up: "6 giorni e 4 ore"; nothing left is "0 minuti"."""
    minutes = max(0, -(-span // timedelta(minutes=1)))
    counts = (minutes // 1440, minutes // 60 % 24, minutes % 60)
    words = _SPANS.get(language, _SPANS[ITALIAN])
    parts = [
        f"{count} {one if count == 1 else many}" for count, (one, many) in zip(counts, words, strict=True) if count
    ]
    return _AND.get(language, _AND[ITALIAN]).join(parts[:2] or [f"0 {words[2][1]}"])


def iban(account: str, language: str = ITALIAN) -> str:  # noqa: ARG001 - every format takes the reader's language
    """An account number in groups of four, as banks print it."""
    plain = "".join(account.split())
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def machine_instant(at: datetime, language: str = ITALIAN) -> str:  # noqa: ARG001 - every format takes the reader's language
    """An instant for a machine (`datetime` attributes): "2026-09-15T08:42:00Z". Raises ValueError without a zone."""
    return _aware(at).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def wire_instant(at: datetime) -> str:
    """An instant for a program, whole: "2026-09-15T08:42:00.250000Z". Raises ValueError without a zone."""
    return _aware(at).astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def language() -> str:
    """The language chosen in this browser, "it" or "en", Italian until then: Babel's locale selector."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, ITALIAN) if has_request_context() else ITALIAN
    return chosen if chosen in LANGUAGES else ITALIAN


def readers_language() -> str:
    """The language of whoever reads this: the browser's choice, or the recipient's while a mail is written."""
    # A page asks some three hundred times: what Flask-Babel has found out is taken from where it keeps it, and the
    # context is asked for once, not by every attribute.
    try:
        kept = vars(_CONTEXT._get_current_object().g).get("_flask_babel")  # noqa: SLF001 - werkzeug documents it
    except RuntimeError:
        kept = None
    locale = getattr(kept, "babel_locale", None) or get_locale()
    return locale.language if locale is not None and locale.language in LANGUAGES else ITALIAN


def install(app: Flask) -> None:
    """Register every format as a Jinja filter in the reader's language, and `language()` for templates."""
    for written in (
        number,
        money,
        unit_price,
        basis_points,
        gigabytes,
        day,
        last_day,
        instant,
        hour,
        remaining,
        iban,
        machine_instant,
    ):
        app.add_template_filter(_for_the_reader(written), written.__name__)
    app.add_template_global(readers_language, "language")


def _for_the_reader(written: Callable[[Any, str], str]) -> Callable[[Any], str]:
    def in_the_readers_language(value: Any) -> str:  # noqa: ANN401 - a Jinja filter is handed whatever the template holds
        return written(value, readers_language())

    return in_the_readers_language


def _euro(amount: str, language: str, *, negative: bool) -> str:
    sign = _MINUS if negative else ""
    return f"{sign}€{amount}" if language == ENGLISH else f"{sign}{amount}{_NO_BREAK}€"


def _minus(text: str) -> str:
    return text.replace("-", _MINUS)


def _point(language: str) -> str:
    return "." if language == ENGLISH else ","


def _thousands(language: str) -> str:
    return "," if language == ENGLISH else "."


def _rome(at: datetime) -> datetime:
    return _aware(at).astimezone(ROME)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = "an instant needs its zone"
        raise ValueError(message)
    return at
