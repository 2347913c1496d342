"""Legal forms, tax regimes and accounting regimes a company can be registered with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from entitlements.company_data.sentences import N_


class AccountingRegime(StrEnum):
    """How the books are kept; not the tax regime."""

    SIMPLIFIED = "SIMPLIFIED"
    ORDINARY = "ORDINARY"


@dataclass(frozen=True, slots=True)
class LegalForm:
    """A legal form. `label` is Italian source text to translate.

    `ordinary_accounting`: ordinary accounting is compulsory. `may_lack_vat_number`: such a body can have a tax code
    alone.
    """

    code: str
    label: str
    kind: Literal["person", "company"]
    ordinary_accounting: bool = False
    may_lack_vat_number: bool = False

    @property
    def is_person(self) -> bool:
        """Whether owner and business are one person, with a tax code of 16 characters."""
        return self.kind == "person"


_FORMS = (
    LegalForm("SOLE_TRADER", N_("Ditta individuale"), "person"),
    LegalForm("FAMILY_BUSINESS", N_("Impresa familiare"), "person"),
    LegalForm("PROFESSIONAL", N_("Professionista o lavoratore autonomo"), "person"),
    LegalForm("PROFESSIONAL_ASSOCIATION", N_("Studio associato"), "company"),
    LegalForm("SIMPLE_PARTNERSHIP", N_("Società semplice"), "company"),
    LegalForm("GENERAL_PARTNERSHIP", N_("S.n.c."), "company"),
    LegalForm("LIMITED_PARTNERSHIP", N_("S.a.s."), "company"),
    LegalForm("LIMITED_COMPANY", N_("S.r.l."), "company", ordinary_accounting=True),
    LegalForm("SIMPLIFIED_LIMITED_COMPANY", N_("S.r.l. semplificata"), "company", ordinary_accounting=True),
    LegalForm("JOINT_STOCK_COMPANY", N_("S.p.A."), "company", ordinary_accounting=True),
    LegalForm("PARTNERSHIP_BY_SHARES", N_("S.a.p.a."), "company", ordinary_accounting=True),
    LegalForm("COOPERATIVE", N_("Società cooperativa"), "company", ordinary_accounting=True),
    LegalForm("CONSORTIUM", N_("Consorzio"), "company"),
    LegalForm("FOREIGN_COMPANY_BRANCH", N_("Sede in Italia di società estera"), "company", ordinary_accounting=True),
    LegalForm("ASSOCIATION", N_("Associazione"), "company", may_lack_vat_number=True),
    LegalForm("FOUNDATION", N_("Fondazione"), "company", may_lack_vat_number=True),
    LegalForm("NON_PROFIT_BODY", N_("Altro ente non commerciale"), "company", may_lack_vat_number=True),
)
LEGAL_FORMS = MappingProxyType({form.code: form for form in _FORMS})

FLAT_RATE = "RF19"
"""RF19, the regime forfettario (flat rate)."""

# RF03 never existed in the list; RF20 is only in version 1.2.3 of the invoice format.
TAX_REGIMES = MappingProxyType(
    {
        "RF01": N_("Ordinario"),
        "RF02": N_("Contribuenti minimi"),
        "RF04": N_("Agricoltura, attività connesse e pesca"),
        "RF05": N_("Vendita di sali e tabacchi"),
        "RF06": N_("Commercio di fiammiferi"),
        "RF07": N_("Editoria"),
        "RF08": N_("Gestione di servizi di telefonia pubblica"),
        "RF09": N_("Rivendita di documenti di trasporto pubblico e di sosta"),
        "RF10": N_("Intrattenimenti, giochi e altre attività del DPR 640/72"),
        "RF11": N_("Agenzie di viaggi e turismo"),
        "RF12": N_("Agriturismo"),
        "RF13": N_("Vendite a domicilio"),
        "RF14": N_("Rivendita di beni usati, oggetti d’arte, antiquariato o da collezione"),
        "RF15": N_("Agenzie di vendite all’asta di oggetti d’arte, antiquariato o da collezione"),
        "RF16": N_("IVA per cassa della pubblica amministrazione"),
        "RF17": N_("IVA per cassa"),
        "RF18": N_("Altro"),
        "RF19": N_("Forfettario"),
    }
)
