"""What forms of accounts say when something does not fit, in one place so that every page says it alike."""

from collections.abc import Mapping
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from entitlements import Problem, sentence_of
from shop.accounts.passwords import LONGEST, SHORTEST, password_problem
from shop.accounts.person_names import person_name


def password_sentence(password: str, email: str) -> str | None:
    """Why this password is refused, or None."""
    code = password_problem(password, email)
    if code is None:
        return None
    sentences: dict[str, str] = {
        "too_short": _("La password ha almeno %(count)s caratteri.", count=SHORTEST),
        "too_long": _("La password ha al massimo %(count)s caratteri.", count=LONGEST),
        "same_as_email": _("La password non può essere la tua e-mail."),
        "common": _("Questa password è tra le più usate e si indovina subito. Scegline un’altra."),
    }
    return sentences[code]


def name_sentence(name: str) -> str | None:
    """Why this name is refused, or None."""
    if not name.strip():
        return str(_("Scrivi nome e cognome."))
    return None if person_name(name) else str(_("Nel nome vanno lettere e spazi, al massimo 100 caratteri."))


def problem_sentences(problems: tuple[Problem, ...]) -> dict[str, str]:
    """The first sentence of each field of a company's or studio's form."""
    said: dict[str, str] = {}
    for problem in problems:
        said.setdefault(problem.field, sentence_of(problem, _))
    return said


def found(sentences: Mapping[str, str | None]) -> dict[str, str]:
    """Only the fields that have something wrong."""
    return {field: sentence for field, sentence in sentences.items() if sentence}


def wait_sentence(wait: timedelta) -> str:
    """How long to wait before the next try, in minutes rounded up."""
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    said = ngettext(
        "Troppi tentativi. Riprova tra %(num)s minuto.", "Troppi tentativi. Riprova tra %(num)s minuti.", minutes
    )
    return str(said)


def retry_after(wait: timedelta) -> dict[str, str]:
    """The header that tells programs the same."""
    return {"Retry-After": str(int(wait.total_seconds()))}
