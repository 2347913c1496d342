"""The last page of the activation form: everything at a glance, who pays, which term opens, a typed confirmation."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from entitlements.company_data import AtecoCode, CompanyData, Problem, check_company
from entitlements.company_requests import opened_term
from entitlements.web.activation_form import Visit, summary_values, title_of_activity
from entitlements.web.words import told_problem
from pricing import Term


@dataclass(slots=True)
class Summary:
    """What is about to be confirmed; `data` only when nothing is wrong, `missing` and `doubts` by field."""

    visit: Visit
    values: dict[str, str]
    data: CompanyData | None
    missing: tuple[Problem, ...]
    doubts: tuple[Problem, ...]
    term: Term
    studio_name: str
    activity: AtecoCode | None
    errors: dict[str, str]

    @property
    def shown(self) -> str:
        """A sign of what this page shows: a confirmation counts only for what was seen."""
        facts = json.dumps([self.values, self.term.ends_on.isoformat()], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @property
    def missing_sentences(self) -> list[tuple[str, str]]:
        """What is still wrong: field and sentence."""
        return [(problem.field, told_problem(problem)) for problem in self.missing]

    @property
    def doubt_sentences(self) -> list[tuple[str, str]]:
        """What is doubtful: field and sentence."""
        return [(problem.field, told_problem(problem)) for problem in self.doubts]


def confirm_word() -> str:
    """What is typed to confirm an activation."""
    return str(_("ATTIVA"))


def summed_up(session: Session, visit: Visit, studio_name: str) -> Summary:
    """The whole draft, checked as it stands now."""
    draft = visit.subject.draft(session)
    values = summary_values(draft.fields) if draft else {}
    check = check_company(values, visit.today, accounting_allowed=visit.accounting)
    return Summary(
        visit=visit,
        values=dict(check.draft),
        data=check.data,
        missing=check.errors,
        doubts=check.warnings,
        term=opened_term(visit.subject.gives, visit.today),
        studio_name=studio_name,
        activity=title_of_activity(check.draft, visit.today),
        errors={},
    )


def confirmed(summary: Summary, form: Mapping[str, str]) -> dict[str, str]:
    """What stands against the confirmation, by control; empty when the company may be activated."""
    if summary.data is None:
        return {"": _("Mancano alcuni dati: completali prima di attivare.")}
    if form.get("shown") != summary.shown:
        return {"": _("I dati sono cambiati dopo che hai aperto questa pagina: controllali e conferma di nuovo.")}
    if form.get("confirmation", "").strip().upper() != confirm_word():
        return {"confirmation": _("Per attivare scrivi %(word)s.", word=confirm_word())}
    return {}
