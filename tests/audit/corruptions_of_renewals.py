"""What somebody could do to automatic renewals: mandates, attempts, saved cards; each with the check that names it."""

from tests.audit.corruption import Corruption, copy_of, deed

NOT_SENT = {
    "order_id": "null::text",
    "parameters": "null::text",
    "payment_intent_id": "null::text",
    "sent_at": "null::text",
    "charged_at": "null::text",
}
OVER = {"ended_at": "now()", "end_reason": "'SWITCHED_OFF'"}

RENEWALS: tuple[Corruption, ...] = (
    deed(
        "a card charged after its mandate ended",
        "a saved card is charged only under a mandate in force",
        "UPDATE renewal_mandates SET ended_at = began_at - interval '1 day', end_reason = 'SWITCHED_OFF'",
    ),
    deed(
        "a card charged for another company",
        "a saved card is charged only under a mandate in force",
        "UPDATE renewal_mandates SET company_id = (SELECT id FROM companies WHERE state <> 'READY' LIMIT 1)",
    ),
    deed(
        "a mandate of another text",
        "a mandate text of one version is one text",
        copy_of("renewal_mandates", "true", text_sha256="repeat('0', 64)", **OVER),
    ),
    deed(
        "a second attempt for one end",
        "an end of a base service is renewed by itself once at most",
        "ALTER TABLE renewal_attempts DROP CONSTRAINT uq_renewal_attempts_licence_id_ends_on",
        copy_of("renewal_attempts", "true", **NOT_SENT),
    ),
    deed(
        "a charge that nobody recorded",
        "a charged renewal is an order of its payer, paid by its intent",
        "UPDATE renewal_attempts SET payment_intent_id = 'pi_nobody' WHERE charged_at IS NOT NULL",
    ),
    deed(
        "a charge of another amount",
        "a charged renewal is an order of its payer, paid by its intent",
        "UPDATE renewal_attempts SET parameters = jsonb_set(parameters, '{amount}', '1') WHERE charged_at IS NOT NULL",
    ),
    deed(
        "an automatic order that sells something else",
        "an automatic order renews what runs, and nothing else",
        "UPDATE order_lines SET term = jsonb_set(term, '{action}', '\"EXTEND\"')"
        " WHERE order_id IN (SELECT order_id FROM renewal_attempts)",
    ),
    deed(
        "an automatic order for another end",
        "an automatic order renews what runs, and nothing else",
        "UPDATE renewal_attempts SET ends_on = ends_on + 1",
    ),
    deed(
        "an announcement made smaller",
        "an automatic renewal never costs more than was announced",
        "UPDATE renewal_announcements SET gross_cents = 1",
    ),
    deed(
        "a card that was removed and is known",
        "a card that was removed is named nowhere",
        "ALTER TABLE saved_cards DROP CONSTRAINT ck_saved_cards_forgotten",
        "UPDATE saved_cards SET last4 = '4242' WHERE removed_at IS NOT NULL",
    ),
)
