"""What somebody could do to invitations and the companies they bought, each with the check that must name it."""

# ruff: noqa: S608 - the statements are the corruptions themselves
from tests.audit.corruption import Corruption, deed

ORDERED = "every issued right was ordered"
INVITED = "an invitation stands where its purchase and its company stand"
BOUNCED = "an invitation bounced because a mail of it did"
INVITED_ORDER = "an invitation stands where its order stands, at the price it promised"
PURCHASED = "a purchase stands where its company stands"
PURCHASE_RIGHTS = "a company bought by invitation has one licence, its studio's link, and pays for itself"
PURCHASE_EARNED = "what a purchase was worth left the deferred liability once, when it was done or voided"
ONE_PURCHASE = "at most one order of an invitation is fulfilled, and it made the purchase"
WAITING_MONEY = "money that has no company yet is looked at by finance"
FORGOTTEN = "a forgotten invitation knows nobody"
WAITING = (
    "(SELECT id FROM orders o WHERE state = 'AWAITING_PAYMENT'"
    " AND NOT EXISTS (SELECT 1 FROM payment_allocations a WHERE a.order_id = o.id) ORDER BY id LIMIT 1)"
)
OPEN = "(SELECT id FROM companies WHERE state = 'PROVISIONING' LIMIT 1)"
DONE = "(SELECT id FROM company_purchases WHERE state = 'DONE' LIMIT 1)"
BOUGHT = "(SELECT company_id FROM company_purchases WHERE state = 'DONE' LIMIT 1)"

INVITATIONS: tuple[Corruption, ...] = (
    deed("an invitation called bounced", BOUNCED, "UPDATE invitations SET state = 'BOUNCED' WHERE state <> 'CREATED'"),
    deed("a created invitation set back", INVITED, "UPDATE invitations SET state = 'PAID' WHERE state = 'CREATED'"),
    deed("a paid invitation taken back", INVITED, "UPDATE invitations SET state = 'REVOKED' WHERE state = 'PAID'"),
    deed("an invitation called created", INVITED, "UPDATE invitations SET state = 'CREATED' WHERE state = 'ORDERED'"),
    deed("an order called paid", INVITED_ORDER, "UPDATE invitations SET state = 'PAID' WHERE state = 'ORDERED'"),
    deed(
        "a promised price changed",
        INVITED_ORDER,
        "UPDATE invitations SET offer = offer || jsonb_build_object('gross_cents', 1) WHERE state = 'CREATED'",
    ),
    deed(
        "an invitation led to another order",
        INVITED_ORDER,
        "UPDATE invitations SET order_id = gen_random_uuid() WHERE state = 'ORDERED'",
    ),
    deed(
        "a purchase called done",
        PURCHASED,
        f"UPDATE company_purchases SET state = 'DONE', company_id = {OPEN} WHERE state = 'WAITING'",
    ),
    deed("a purchase set back", PURCHASED, f"UPDATE company_purchases SET state = 'CREATING' WHERE id = {DONE}"),
    deed(
        "the payer of a bought company changed",
        PURCHASE_RIGHTS,
        f"UPDATE payer_periods SET payer = 'STUDIO' WHERE company_id = {BOUGHT}",
    ),
    deed(
        "the link of a bought company deleted",
        PURCHASE_RIGHTS,
        f"DELETE FROM studio_links WHERE company_id = {BOUGHT}",
    ),
    deed(
        "the licence of a bought company deleted",
        PURCHASE_RIGHTS,
        f"DELETE FROM licence_terms WHERE cause_id = (SELECT cause_id FROM company_purchases WHERE id = {DONE})",
    ),
    deed(
        "a purchase worth more",
        PURCHASE_EARNED,
        f"UPDATE company_purchases SET net_cents = net_cents + 1 WHERE id = {DONE}",
    ),
    deed(
        "a purchase voided by hand",
        PURCHASE_EARNED,
        "UPDATE company_purchases SET state = 'VOIDED' WHERE state = 'WAITING'",
    ),
    deed("a purchase deleted", ONE_PURCHASE, f"DELETE FROM company_purchases WHERE id = {DONE}"),
    deed(
        "finance never asked about a purchase",
        WAITING_MONEY,
        "DELETE FROM finance_tasks WHERE kind = 'company_not_created'",
    ),
    deed(
        "a forgotten client remembered",
        FORGOTTEN,
        "UPDATE invitations SET client_email = 'a@b.it' WHERE forgotten_at IS NOT NULL",
    ),
    deed(
        "a mail to a forgotten client remembered",
        FORGOTTEN,
        "UPDATE mails SET recipient = 'a@b.it' WHERE split_part(cause, ':', 2) IN"
        " (SELECT id::text FROM invitations WHERE forgotten_at IS NOT NULL)",
    ),
)
