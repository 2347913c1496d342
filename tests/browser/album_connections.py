"""Pictures of connections: a company's side, the directory, requests, who pays, referrals, the invoicing account."""

from tests.browser import steps
from tests.browser.cast import Cast
from tests.browser.visitor import Visitor

COMPANY_OWNER = "titolare@officina-azzurra.example"
OTHER_NUMBER = "02780790107"


def connections(cast: Cast) -> None:
    """A company registers, finds its accountant, lets them in, and parts; the studio sees the same from its side."""
    company, studio = cast.guest, cast.studio
    cast.album.open_chapter("Studios and their clients")
    cast.take(company, "/registrati/azienda", "register-company", "Register a company")
    company.press("Registra l’azienda")
    cast.here(company, "register-company-errors", "Register a company: mistakes in the form")
    company.open("/accedi")
    steps.sign_in(company, COMPANY_OWNER)
    company.page.wait_for_load_state()
    cast.here(company, "company-home", "Home of a company")
    cast.take(company, "/commercialista", "studios-none", "A company without an accountant")
    cast.take(company, "/commercialisti?q=xyzzy", "directory-nothing", "Directory: nobody found")
    cast.take(company, "/commercialisti", "directory", "Directory of accountants")
    company.follow("Studio Rossi")
    cast.here(company, "directory-profile", "Directory: a profile")
    company.press("Scegli questo commercialista")
    cast.here(company, "studios", "A company’s accountant: linked at once")
    company.press("Invia la richiesta")
    cast.here(company, "studios-error", "A request without a number")
    company.fill(identifier=OTHER_NUMBER)
    company.press("Invia la richiesta")
    cast.here(company, "studios-waiting", "A request that waits")
    company.follow("Gestisci")
    cast.here(company, "studio-link", "What a company lets its accountant do")
    company.open(company.page.url + "/scollega")
    cast.here(company, "unlink-studio", "Before a company leaves its accountant")
    _from_the_studio(cast, studio)


def _from_the_studio(cast: Cast, studio: Visitor) -> None:
    cast.take(studio, "/aziende?q=azzurra", "clients", "The clients of a studio", dark=True)
    studio.follow("Gestisci")
    cast.here(studio, "client", "A client: nickname, permissions, moving, unlinking")
    studio.open(studio.page.url.replace("/collegamento", "/scollega"))
    studio.press("Scollega Officina Azzurra")
    cast.here(studio, "unlink-client-error", "Unlinking: the word is missing")
    cast.take(studio, "/aziende/collegamenti", "requests", "Requests and blocks of a studio")
    cast.take(studio, "/account/profilo", "own-profile", "What an accountant tells the public")
    cast.take(studio, "/account/referral", "referral", "Referral: code, link, what was earned")
    cast.take(studio, "/account/aziende", "picker", "The company one works on")
    studio.press("Lavora su questa")
    cast.here(studio, "picker-chosen", "Working on a client")
    studio.press("Smetti")
    cast.take(studio, "/account/fatturazione", "invoicing-none", "No invoicing account connected")
    studio.press("Collega l’account")
    cast.here(studio, "invoicing-consent", "The stand-in of the invoicing service asks for consent")
    studio.press("Consenti")
    cast.here(studio, "invoicing-back", "Back with the consent")
    studio.press("Completa il collegamento")
    cast.here(studio, "invoicing", "An invoicing account and its companies")
    cast.take(studio, "/account/fatturazione/ritorno?error=access_denied&state=x", "invoicing-denied", "Consent denied")
