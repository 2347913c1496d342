"""Pictures of an invitation: the studio's desk and the client's pages in every state; contracts and packs."""

import re

from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.cast import Cast
from tests.browser.visitor import Visitor

BEGIN, RESUME = "Continua con i dati dell’azienda", "Riprendi da dove eri"


def invitations(cast: Cast) -> None:
    """A studio invites; a client fills in, stops, goes on elsewhere, pays, and has a company of its own."""
    studio, client = cast.studio, cast.client
    cast.album.open_chapter("Inviting a client to buy")
    cast.take(studio, "/inviti", "invitations-none", "Invitations: none yet")
    cast.take(studio, "/inviti/nuovo", "invite", "Invite a client")
    studio.fill(client_name="Laura Brambilla", client_email="laura@")
    studio.press("Spedisci l’invito")
    cast.here(studio, "invite-error", "Invite: mistakes in the form")
    studio.fill(client_email="laura@brambilla.example", message="Come d’accordo al telefono.")
    studio.press("Anteprima della mail")
    cast.here(studio, "invite-preview", "Invite: the mail as the client reads it")
    studio.press("Spedisci l’invito")
    link = steps.link_in_mail(studio, "ti invita laura@brambilla.example", "/invito/")
    _the_client_fills_in(cast, client, link)
    _the_client_pays(cast, client)
    _other_answers(cast, client)
    _the_studio_looks(cast, studio)


def _the_client_fills_in(cast: Cast, client: Visitor, link: str) -> None:
    form = steps.company_form(700, name="Officina Laura S.n.c.")
    cast.take(client, link, "invited", "The client's first page: who, what, how much now and later", dark=True)
    client.press(BEGIN)
    cast.here(client, "invited-1", "Client: tax data")
    steps.fill_step(client, 1, form | {"vat_number": "00500010150"})
    steps.save_and_go_on(client)
    cast.here(client, "invited-1-error", "Client: a wrong check digit is named")
    steps.fill_step(client, 1, form)
    client.press("Continua più tardi")
    cast.here(client, "invited-draft", "Client: the draft waits behind the link")
    other = cast.guest
    other.open(link)
    other.press(RESUME)
    cast.here(other, "invited-code-ask", "On another device the draft asks for a code")
    other.press("Manda il codice")
    cast.here(other, "invited-code", "The code was mailed")
    client.press(RESUME)
    client.open(f"{link}/dati/dati-fiscali")
    steps.fill_in(client, form)
    cast.here(client, "invited-5", "Client: summary", dark=True)


def _the_client_pays(cast: Cast, client: Visitor) -> None:
    client.follow("Vai al pagamento")
    cast.here(client, "invited-payment", "Client: how to pay, and what is accepted", dark=True)
    client.press("Ordine con obbligo di pagare")
    cast.here(client, "invited-payment-error", "Client: conditions that are missing")
    cast.take(cast.guest, "/nomina-trattamento-dati", "data-processing", "The appointment for data processing")
    steps.accept_as_client(client, "bank_transfer")
    client.press("Ordine con obbligo di pagare")
    client.page.wait_for_url(re.compile("/stato"))
    cast.here(client, "invited-transfer", "Client: a bank transfer is awaited")
    cast.take(cast.guest, "/invito/esito", "invited-outcome", "Back from the payment page in another browser")
    client.press("Paga con carta")
    cast.stage.vendor_will(next=["late"], callback_delay=8)
    client.press("Paga con una carta valida")
    client.page.wait_for_url(re.compile("/stato"))
    shown = client.page.locator(".g-titles .g-stato")
    expect(client.page.get_by_text("Stiamo creando l’azienda.")).to_be_visible(timeout=30_000)
    cast.here(client, "invited-creating", "Client: the company is being created")
    expect(shown).to_have_text("Azienda creata", timeout=40_000)
    cast.here(client, "invited-created", "Client: the company is ready, an account is one link away")
    cast.stage.vendor_will(callback_delay=2)
    client.open(steps.link_in_mail(client, "crea il tuo accesso", "/invito/persona/"))
    cast.here(client, "invited-account", "Client: an account of their own")
    client.fill(name="Laura Brambilla", password="un cavallo giallo in cortile")
    client.press("Accetta l’invito")
    cast.here(client, "invited-home", "Client: home of the new company")
    client.context.clear_cookies()


def _other_answers(cast: Cast, client: Visitor) -> None:
    link = steps.invite(cast.studio, "Mario Neri", "mario@neri.example")
    client.open(link)
    client.follow("Il tipo di azienda non è giusto")
    client.press("Avvisa lo studio")
    cast.here(client, "invited-type-error", "Client: the wrong type, without saying what is needed")
    client.fill(what="Ho bisogno della contabilità ordinaria.")
    client.press("Avvisa lo studio")
    cast.here(client, "invited-type", "Client: the studio was told about the wrong type")
    cast.studio.open("/inviti?q=mario")
    cast.studio.follow("Mario Neri", exact=True)
    cast.here(cast.studio, "invitation-reported", "An invitation whose type is wrong")
    cast.studio.press("Spedisci di nuovo")
    cast.take(client, link, "invited-replaced", "Client: a newer link is in the mail")
    link = steps.link_in_mail(client, "ti invita mario@neri.example", "/invito/")
    client.open(link)
    client.follow("Rifiuta l’invito")
    cast.here(client, "invited-decline", "Client: before declining")
    client.press("Rifiuta l’invito")
    cast.here(client, "invited-declined", "Client: declined")
    cast.take(client, link, "invited-over", "Client: a link that is over, and the way on")
    client.press("Chiedi un nuovo invito")
    cast.here(client, "invited-asked", "Client: a new invitation was asked for")
    cast.take(client, "/invito/niente", "invited-unknown", "Client: a link that was cut off")


def _the_studio_looks(cast: Cast, studio: Visitor) -> None:
    cast.stage.post_office_will(mode="refuse", times=1)
    studio.open("/inviti/nuovo")
    studio.fill(client_name="Anna Bassi", client_email="anna@bassi.exampel")
    studio.press("Spedisci l’invito")
    cast.stage.letter("L’invito per Anna Bassi non è arrivato")
    studio.open("/inviti")
    studio.follow("Anna Bassi", exact=True)
    cast.here(studio, "invitation-bounced", "An invitation whose address takes no mail")
    cast.take(studio, "/inviti", "invitations", "Invitations with their funnel", dark=True)
    studio.follow("Laura Brambilla", exact=True)
    cast.here(studio, "invitation", "An invitation that became a company")
    cast.take(studio, "/inviti/file", "invite-many", "Invitations from a file")


def contracts_and_packs(cast: Cast) -> None:
    """The e-invoicing contract, and the list of packs and credit."""
    studio = cast.studio
    cast.album.open_chapter("E-invoicing contract, packs and credit")
    studio.open("/catalogo")
    studio.follow("Leggi e firma il contratto")
    cast.here(studio, "contract", "The e-invoicing contract")
    studio.press("Firma il contratto")
    cast.here(studio, "contract-error", "The contract: not read")
    studio.page.locator("#read").check()
    studio.press("Firma il contratto")
    cast.take(studio, "/contratto-fatturazione", "contract-signed", "The contract: signed")
    cast.take(studio, "/pacchetti", "packs", "Packs and credit: balance and last day")
    cast.take(studio, "/pacchetti?state=ENDED", "packs-ended", "Packs that have ended: none")
    cast.take(cast.support, "/desk/contratti", "desk-contracts", "Signed contracts, for support")
