"""One page of the activation form: what was typed is checked, kept whatever it is, and answered with sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from entitlements.company_data import (
    LEGAL_FORMS,
    STEP_FIELDS,
    AccountingRegime,
    AtecoCode,
    CompanyStep,
    Place,
    Problem,
    StepResult,
    check_ateco,
    check_step,
    check_vat_number,
    default_edition,
    place_by_name,
    search_ateco,
    search_places,
)
from entitlements.known_companies import KnownCompany
from entitlements.purchases import accounting_of
from entitlements.web.activation_steps import further, step_after
from entitlements.web.form_subjects import FormSubject
from entitlements.web.words import told_problem

NEXT, LATER, CHECK, FIND_PLACE, FIND_ACTIVITY = "next", "later", "check", "find_place", "find_activity"
INTENTS = (NEXT, LATER, CHECK, FIND_PLACE, FIND_ACTIVITY)
PERSON_CODE_LENGTH = 16
_PLACES_SHOWN = 12
_ACTIVITIES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Visit:
    """Which step is filled in for what (a coupon, an invitation), on which Rome day."""

    subject: FormSubject
    step: CompanyStep
    today: date

    @property
    def accounting(self) -> AccountingRegime | None:
        """The accounting that is kept, where it is limited: only a reason to warn."""
        return accounting_of(self.subject.gives)


@dataclass(slots=True)
class StepPage:
    """What a page shows: values as typed, sentences by field, what was found, and whether the step is done."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    doubts: tuple[Problem, ...] = ()
    seen: str = ""
    places: tuple[Place, ...] | None = None
    activities: tuple[AtecoCode, ...] | None = None
    known: KnownCompany | None = None
    filled: bool = False
    saved_at: datetime | None = None
    done: bool = False

    @property
    def doubt_sentences(self) -> list[tuple[str, str]]:
        """What is doubtful: field and sentence."""
        return [(problem.field, told_problem(problem)) for problem in self.doubts]


def opened(session: Session, visit: Visit) -> StepPage:
    """The page as it stands in the draft: its values and its doubts, no errors before anything was sent."""
    draft = visit.subject.draft(session)
    fields: dict[str, str] = dict(draft.fields) if draft else {}
    values = {name: fields.get(name, "") for name in STEP_FIELDS[visit.step]}
    page = StepPage(values, saved_at=draft.saved_at if draft else None)
    if any(values.values()):
        result = _checked(visit, values, fields)
        page.doubts = result.warnings
        page.seen = _signs(result)
    else:
        values |= _suggested(visit, fields)
    return page


def sent(session: Session, visit: Visit, form: Mapping[str, str]) -> StepPage:
    """Check what was sent and keep it, with its mistakes: nothing that was typed is lost."""
    draft = visit.subject.locked_draft(session)
    fields: dict[str, str] = dict(draft.fields) if draft else {}
    raw = {name: form.get(name, "") for name in STEP_FIELDS[visit.step]} | _chosen(visit.step, form)
    stale = _moved(visit.step, raw, fields)
    raw |= stale
    known = _known(session, visit, raw)
    fill = known is not None and known.living_id is None and not _typed_more(raw, "vat_number")
    added: dict[str, str] = {}
    if fill and known is not None:
        raw |= {name: known.fields.get(name, "") for name in raw if name != "vat_number"}
        added = {name: text for name, text in known.fields.items() if not fields.get(name) and name not in raw}
    result = _checked(visit, raw, fields | added)
    page = _answered(visit, form, raw, result)
    page.known, page.filled = known, fill
    page.done = page.done and not fill and (known is None or known.living_id is None)
    step = further(draft, step_after(visit.step) if page.done else visit.step)
    typed = {name: text for name, text in result.draft.items() if name in stale or _is_kept(form, name, text)}
    visit.subject.save(session, added | typed, step)
    kept = visit.subject.draft(session)
    if kept is not None:
        session.refresh(kept)
        page.saved_at = kept.saved_at
    return page


def title_of_activity(values: Mapping[str, str], today: date) -> AtecoCode | None:
    """The activity a code stands for, to be read beside it."""
    found = check_ateco(values.get("ateco_code", ""), values.get("ateco_edition", ""), today)
    return found if isinstance(found, AtecoCode) else None


def find_activities(text: str, edition: str) -> tuple[AtecoCode, ...]:
    """Activities by code or words."""
    return search_ateco(text, edition, _ACTIVITIES_SHOWN)


def find_places(text: str) -> tuple[Place, ...]:
    """Comuni by the beginning of their name, or by CAP."""
    return search_places(text, _PLACES_SHOWN)


def place_of(values: Mapping[str, str]) -> Place | None:
    """The comune that is written, to offer its postcodes."""
    return place_by_name(values.get("city", ""), values.get("province", ""))


def _checked(visit: Visit, raw: Mapping[str, str], known: Mapping[str, str]) -> StepResult:
    return check_step(visit.step, raw, known, visit.today, accounting_allowed=visit.accounting)


def _answered(visit: Visit, form: Mapping[str, str], raw: Mapping[str, str], result: StepResult) -> StepPage:
    intent = form.get("intent", NEXT)
    page = StepPage({**raw, **result.draft}, doubts=result.warnings, seen=_signs(result))
    problems = {problem.field: told_problem(problem) for problem in reversed(result.errors)}
    order = [name for name in STEP_FIELDS[visit.step] if name in problems]
    if intent == CHECK:
        # Somebody is still typing: only the field just left may complain, and not about being empty.
        checked = form.get("checked", "")
        order = [name for name in order if name == checked and raw.get(name, "").strip()]
    if intent == FIND_PLACE or (intent == NEXT and "city" in problems and raw.get("city")):
        page.places = find_places(raw.get("city", ""))
    words = raw.get("ateco_code", "").strip()
    if intent == FIND_ACTIVITY or (intent in {NEXT, CHECK} and "ateco_code" in problems and words):
        page.activities = find_activities(words, raw.get("ateco_edition", "") or default_edition(visit.today))
    if intent in {NEXT, CHECK}:
        page.errors = {name: problems[name] for name in order}
    settled = set(_signs(result).split()) <= set(form.get("seen", "").split())
    page.done = intent == NEXT and not result.errors and settled
    return page


def _signs(result: StepResult) -> str:
    """The doubts of a page as one word each: what was shown once is not shown in the way again."""
    return " ".join(sorted(f"{problem.field}:{problem.code}" for problem in result.warnings))


def _chosen(step: CompanyStep, form: Mapping[str, str]) -> dict[str, str]:
    """What was chosen from a list of findings wins over the text it was found by, while that text still stands."""
    if step is CompanyStep.REGISTERED_OFFICE and form.get("place_choice"):
        if form.get("city", "") != form.get("place_searched", form.get("city", "")):
            return {}
        name, _bar, province = form["place_choice"].partition("|")
        place = place_by_name(name, province)
        if place is None:
            return {}
        found = {"city": place.name, "province": place.province}
        return found | ({"postal_code": place.postal_codes[0]} if len(place.postal_codes) == 1 else {})
    if step is CompanyStep.ACTIVITY and form.get("activity_choice"):
        if form.get("ateco_code", "") != form.get("activity_searched", form.get("ateco_code", "")):
            return {}
        code, _bar, edition = form["activity_choice"].partition("|")
        return {"ateco_code": code, "ateco_edition": edition}
    return {}


def _moved(step: CompanyStep, raw: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """A new comune makes the old one's province and CAP stale, unless somebody changed them as well."""
    if step is not CompanyStep.REGISTERED_OFFICE or not fields.get("city") or raw.get("city") == fields["city"]:
        return {}
    rest = ("province", "postal_code")
    return dict.fromkeys(rest, "") if all(raw.get(name) == fields.get(name) for name in rest) else {}


def _known(session: Session, visit: Visit, raw: Mapping[str, str]) -> KnownCompany | None:
    if visit.step is not CompanyStep.TAX_DATA:
        return None
    vat_number = check_vat_number(raw.get("vat_number", ""))
    if isinstance(vat_number, Problem):
        return None
    return visit.subject.known(session, vat_number, raw.get("tax_code", ""))


def _is_kept(form: Mapping[str, str], name: str, text: str) -> bool:
    """Whether what a field says is kept.

    While somebody types, questions may overtake each other: what is empty in one may be filled in a later one, so only
    the field just left is kept when it is empty.
    """
    return bool(text) or form.get("intent", NEXT) != CHECK or name == form.get("checked")


def _typed_more(raw: Mapping[str, str], but: str) -> bool:
    return any(text.strip() for name, text in raw.items() if name != but)


def _suggested(visit: Visit, fields: Mapping[str, str]) -> dict[str, str]:
    """What an empty page may begin with: facts the person has already given elsewhere."""
    if visit.step is CompanyStep.LEGAL_REPRESENTATIVE and len(fields.get("tax_code", "")) == PERSON_CODE_LENGTH:
        return {"representative_tax_code": fields["tax_code"]}
    if visit.step is CompanyStep.ACTIVITY:
        form = LEGAL_FORMS.get(fields.get("legal_form", ""))
        kept = AccountingRegime.ORDINARY if form and form.ordinary_accounting else visit.accounting
        return {"ateco_edition": default_edition(visit.today), "accounting_regime": kept or ""}
    return {}


def summary_values(fields: Mapping[str, Any]) -> dict[str, str]:
    """The draft's texts, whatever a draft of an older version held."""
    return {name: text for name, text in fields.items() if isinstance(text, str)}
