"""/account/fatturazione: connecting one's account at the invoicing service, its companies, disconnecting (F002-01).

Every call to the service stands between two transactions. The way back is a page with a button: looking at it claims
nothing, and a stranger's link connects nobody's account to somebody else's session.
"""

from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from entitlements.invoicing import GrantRefused, Invoicing, InvoicingSilent, Tokens
from entitlements.invoicing.accounts import (
    AttemptRefused,
    account_of,
    begin_connecting,
    claim_attempt,
    disconnect,
    keep_account,
    keep_companies,
    live_tokens,
    pickable_companies,
    renew_tokens,
)
from entitlements.web.connections.asking import party_of
from entitlements.web.reading import person
from foundation.access import requires
from foundation.database import transaction
from foundation.jobs import defer
from foundation.sealing import SealBroken
from foundation.settings import current_settings

blueprint = Blueprint("invoicing", __name__)

Answer = str | AnyResponse | tuple[str, int]
OWNERS = ("owner", "company_owner")


@blueprint.after_request
def keep_codes_out_of_referrers(answer: Response) -> Response:
    """The way back has a code in its address: it is told to nobody and kept nowhere."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/account/fatturazione")
@requires(*OWNERS)
def show() -> Answer:
    """Whether an account is connected, and its companies."""
    return _page()


@blueprint.post("/account/fatturazione/collega")
@requires(*OWNERS)
def connect() -> Answer:
    """Send the person to consent."""
    by, service = person(), _service()
    if service is None or by.user_id is None:
        return _page(), 409
    with transaction() as session:
        begun = begin_connecting(session, current_settings().secret_key, party_of(by), by.user_id)
    return redirect(service.consent_url(begun.state, begun.challenge, _return_url()), 303)


@blueprint.get("/account/fatturazione/ritorno")
@requires(*OWNERS)
def come_back() -> Answer:
    """What the service sends back: a code to be confirmed, or a refusal."""
    denied = request.args.get("error", "")
    state, code = request.args.get("state", "")[:200], request.args.get("code", "")[:500]
    return render_template("entitlements/invoicing/come_back.html", denied=bool(denied), state=state, code=code)


@blueprint.post("/account/fatturazione/ritorno")
@requires(*OWNERS)
def confirm() -> Answer:
    """Claim the way back, change the code for tokens, read the companies."""
    by, service, key = person(), _service(), current_settings().secret_key
    if service is None:
        return _page(), 409
    try:
        with transaction() as session:
            verifier = claim_attempt(session, key, request.form.get("state", ""), by)
        tokens = service.exchange(request.form.get("code", ""), verifier, _return_url())
    except AttemptRefused:
        return _refused(_("Questo collegamento è già stato usato o è scaduto. Riparti da «Collega l’account».")), 400
    except GrantRefused:
        return _refused(_("Il servizio non ha confermato il consenso. Riparti da «Collega l’account».")), 400
    except InvoicingSilent:
        return _refused(_("Il servizio di fatturazione non risponde. Riprova tra qualche minuto.")), 503
    with transaction() as session:
        account_id = keep_account(session, key, tokens, by)
    _read(service, account_id, tokens)
    flash(_("Account collegato."), "success")
    return redirect(url_for("invoicing.show"), 303)


@blueprint.post("/account/fatturazione/aggiorna")
@requires(*OWNERS)
def refresh() -> Answer:
    """Read the companies again, with fresh tokens where the old ones are over."""
    own, service, key = party_of(person()), _service(), current_settings().secret_key
    try:
        with transaction() as session:
            held = live_tokens(session, key, own)
        if service is None or held is None:
            return redirect(url_for("invoicing.show"), 303)
        tokens = Tokens(held.access, held.refresh, 0) if held.access else service.refresh(held.refresh)
        if held.access is None:
            with transaction() as session:
                renew_tokens(session, key, held.account_id, tokens)
        found = service.companies(tokens.access)
    except (GrantRefused, SealBroken):
        _leave(own)
        return _refused(_("Il consenso è stato tolto: collega di nuovo l’account.")), 409
    except InvoicingSilent:
        return _refused(_("Il servizio di fatturazione non risponde. Riprova tra qualche minuto.")), 503
    with transaction() as session:
        keep_companies(session, held.account_id, found)
    flash(_("Aziende aggiornate."), "success")
    return redirect(url_for("invoicing.show"), 303)


@blueprint.post("/account/fatturazione/scollega")
@requires(*OWNERS)
def leave() -> Answer:
    """Stop using the account at once; the consent is taken back at the service by a job."""
    _leave(party_of(person()))
    flash(_("Account scollegato. Le sue aziende non sono più tra quelle che puoi scegliere."), "success")
    return redirect(url_for("invoicing.show"), 303)


def _leave(party_id: UUID) -> None:
    with transaction() as session:
        account_id = disconnect(session, party_id, person())
        if account_id is not None:
            defer(session, "invoicing.revoke", account_id=str(account_id))


def _read(service: Invoicing, account_id: UUID, tokens: Tokens) -> None:
    """Read the companies for the first time; silence is made good by the button on the page."""
    try:
        found = service.companies(tokens.access)
    except (GrantRefused, InvoicingSilent):
        return
    with transaction() as session:
        keep_companies(session, account_id, found)


def _service() -> Invoicing | None:
    found: Invoicing | None = current_app.extensions["gettone.invoicing"]
    return found


def _return_url() -> str:
    return f"{current_settings().public_url}/account/fatturazione/ritorno"


def _refused(sentence: str) -> str:
    flash(sentence, "error")
    return _page()


def _page() -> str:
    own = party_of(person())
    with transaction() as session:
        account, found = account_of(session, own), pickable_companies(session, own)
    offered = _service() is not None
    return render_template("entitlements/invoicing/account.html", account=account, companies=found, offered=offered)
