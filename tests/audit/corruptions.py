"""Everything somebody with the owner's password could do to the books, each with the check that must name it."""

# ruff: noqa: S608 - the statements are the corruptions themselves
from tests.audit.corruption import copy_of as _copy
from tests.audit.corruption import deed as _deed
from tests.audit.corruptions_of_connections import CONNECTIONS

PACKS = "a pack holds the coupons that were paid, numbered without a gap, worth its price"
COUPON_STATE = "a coupon is in the state its assignment says"
COMPANY_STATE = "a company stands where its coupon stands"
VENDOR = "the vendor's answer and the company agree"
ACTIVATED = "an active coupon gave one licence, one link, one payer and one entry of history"
LICENCE_CAUSE = "every licence has a cause that is still there"
TERMS = "every licence has a term and its terms do not overlap"
GRANTS = "every grant made its right and every right its grant"
WALLET = "a wallet's balance is the sum of its entries"
USES = "every use of a wallet was taken out in full"
RIGHT_CAUSE = "every transfer of a right has the right it was booked for"
UNITS = "a transfer stays within one unit"
EARNED = "what an activated coupon was worth left the deferred liability once"
TOTALS = "an order's totals are its lines' and its quote's"
QUOTED = "every line is the line of the quote"
REPLAYED = "a stored quote replays to the same figures"
HAS_MONEY = "a paid order has its money"
SEES_MONEY = "an order that has its money is paid, or finance looks at it"
ALLOCATED = "a payment is allocated once and no more than it is"
BOOKED = "every payment stands in the ledger with its amount"
ISSUED = "what a fulfilled line promised was issued, and nothing else"
ORDERED = "every issued right was ordered"
SOLD = "a sale is booked once, in full, when it is fulfilled"
TRACE = "an order's state has its instants and its event"
ATTEMPT = "an attempt seen paid has its payment"
RECEIVABLE = "an order's receivable is its money less what it was sold for"
DEFERRED = "what was sold and not yet earned or voided is owed, product by product"
VAT = "the VAT that is owed is that of the fulfilled orders, rate by rate"
MONEY_CAUSE = "every transfer of money has the fact it was booked for"
REFUNDS = "every refund of Stripe stands in the ledger with its amount"
OTHER_REFUNDS = "every refund by transfer or as store credit stands in the ledger, and none exceeds what was paid so"
RECOVERED = "what was taken back of a wallet stands in the ledger: its units and their worth"
INVITED = "an invitation stands where its purchase and its company stand"
BOUNCED = "an invitation bounced because a mail of it did"
INVITED_ORDER = "an invitation stands where its order stands, at the price it promised"
PURCHASED = "a purchase stands where its company stands"
PURCHASE_RIGHTS = "a company bought by invitation has one licence, its studio's link, and pays for itself"
PURCHASE_EARNED = "what a purchase was worth left the deferred liability once, when it was done or voided"
ONE_PURCHASE = "at most one order of an invitation is fulfilled, and it made the purchase"
WAITING_MONEY = "money that has no company yet is looked at by finance"
FORGOTTEN = "a forgotten invitation knows nobody"
CHAIN = "event chain"
SEALED = "events sealed in order"

AVAILABLE = "(SELECT id FROM coupons WHERE state = 'AVAILABLE' ORDER BY id LIMIT 1)"
ACTIVE = "(SELECT id FROM coupons WHERE state = 'ACTIVE' ORDER BY id LIMIT 1)"
FULFILLED = "(SELECT id FROM orders WHERE state = 'FULFILLED' ORDER BY id LIMIT 1)"
WAITING = (
    "(SELECT id FROM orders o WHERE state = 'AWAITING_PAYMENT'"
    " AND NOT EXISTS (SELECT 1 FROM payment_allocations a WHERE a.order_id = o.id) ORDER BY id LIMIT 1)"
)
BUCKET = "(SELECT id FROM wallet_buckets WHERE balance > 0 ORDER BY id LIMIT 1)"
LIVE = "(SELECT id FROM coupon_assignments WHERE released_at IS NULL ORDER BY id LIMIT 1)"
READY = "(SELECT id FROM companies WHERE state = 'READY' AND requested_by_party_id <> id LIMIT 1)"
OPEN = "(SELECT id FROM companies WHERE state = 'PROVISIONING' LIMIT 1)"


def _transfer(kind: str, skip: int = 0) -> str:
    """The id of a transfer of a kind of cause."""
    return f"(SELECT id FROM ledger_transfers WHERE cause_kind = '{kind}' ORDER BY id OFFSET {skip} LIMIT 1)"


RIGHTS = (
    _deed("a coupon deleted", PACKS, f"DELETE FROM coupons WHERE id = {AVAILABLE}"),
    _deed(
        "a coupon with another's number",
        PACKS,
        "ALTER TABLE coupons DROP CONSTRAINT uq_coupons_pack_id_ordinal",
        f"UPDATE coupons SET ordinal = ordinal % 2 + 1 WHERE id = {AVAILABLE}",
    ),
    _deed("a coupon too many", PACKS, _copy("coupons", "state = 'AVAILABLE'", code="'LTE-FORGED'", ordinal="99")),
    _deed("a coupon worth more", PACKS, f"UPDATE coupons SET net_cents = net_cents + 1 WHERE id = {AVAILABLE}"),
    _deed(
        "a coupon given to another studio",
        PACKS,
        f"UPDATE coupons SET owner_party_id = (SELECT max(id::text)::uuid FROM parties) WHERE id = {AVAILABLE}",
    ),
    _deed(
        "an unused coupon called active", COUPON_STATE, f"UPDATE coupons SET state = 'ACTIVE' WHERE id = {AVAILABLE}"
    ),
    _deed(
        "an active coupon called unused", COUPON_STATE, f"UPDATE coupons SET state = 'AVAILABLE' WHERE id = {ACTIVE}"
    ),
    _deed("a voided coupon revived", DEFERRED, "UPDATE coupons SET state = 'AVAILABLE' WHERE state = 'VOIDED'"),
    _deed("a coupon voided by hand", DEFERRED, f"UPDATE coupons SET state = 'VOIDED' WHERE id = {AVAILABLE}"),
    _deed("an assignment deleted", COUPON_STATE, f"DELETE FROM coupon_assignments WHERE id = {LIVE}"),
    _deed(
        "an assignment released", COUPON_STATE, f"UPDATE coupon_assignments SET released_at = now() WHERE id = {LIVE}"
    ),
    _deed(
        "a coupon assigned twice",
        COUPON_STATE,
        "DROP INDEX uq_coupon_assignments_live",
        _copy("coupon_assignments", "released_at IS NULL"),
    ),
    _deed("a ready company set back", COMPANY_STATE, f"UPDATE companies SET state = 'PROVISIONING' WHERE id = {READY}"),
    _deed(
        "a company called ready",
        COMPANY_STATE,
        f"UPDATE companies SET state = 'READY', remote_id = 'x' WHERE id = {OPEN}",
    ),
    _deed(
        "a company taken from its studio",
        COMPANY_STATE,
        "UPDATE companies SET requested_by_party_id = id WHERE state = 'READY'",
    ),
    _deed("a rejected company revived", VENDOR, "UPDATE companies SET state = 'PROVISIONING' WHERE state = 'REJECTED'"),
    _deed("the vendor's answer forgotten", VENDOR, "DELETE FROM provisioning_requests WHERE state = 'DONE'"),
    _deed(
        "the vendor's answer changed",
        VENDOR,
        "UPDATE provisioning_requests SET state = 'REFUSED' WHERE state = 'DONE'",
    ),
    _deed("a licence without cause", LICENCE_CAUSE, "UPDATE licences SET cause_id = gen_random_uuid()"),
    _deed(
        "a licence from nowhere",
        LICENCE_CAUSE,
        _copy("licences", "kind = 'plan'", cause_kind="'order_line'", cause_id="gen_random_uuid()"),
    ),
    _deed("a licence moved to another company", ACTIVATED, f"UPDATE licences SET party_id = {OPEN}"),
    _deed("a link deleted", ACTIVATED, "DELETE FROM studio_links"),
    _deed("a payer forgotten", ACTIVATED, "DELETE FROM payer_periods"),
    _deed("history rewritten", ACTIVATED, "DELETE FROM activations"),
    _deed("a term deleted", TERMS, "DELETE FROM licence_terms"),
    _deed(
        "a term twice", TERMS, _copy("licence_terms", "true", cause_id="gen_random_uuid()", starts_on="starts_on + 1")
    ),
    _deed("a grant deleted", GRANTS, "DELETE FROM grants WHERE kind = 'coupons'"),
    _deed("a wallet's grant deleted", GRANTS, "DELETE FROM grants WHERE kind = 'documents'"),
    _deed("a grant from nowhere", GRANTS, _copy("grants", "true", cause_id="gen_random_uuid()")),
    _deed("a right nobody ordered", ORDERED, "UPDATE grants SET quantity = quantity + 1 WHERE kind = 'coupons'"),
    _deed("a wallet filled by hand", WALLET, f"UPDATE wallet_buckets SET balance = balance + 1 WHERE id = {BUCKET}"),
    _deed("a grant made larger", WALLET, f"UPDATE wallet_buckets SET granted = granted + 1 WHERE id = {BUCKET}"),
    _deed(
        "an entry of a wallet deleted", WALLET, f"DELETE FROM ledger_transfers WHERE id = {_transfer('wallet_grant')}"
    ),
    _deed("a use made smaller", USES, "UPDATE consumptions SET quantity = quantity - 1"),
    _deed("a use deleted", RIGHT_CAUSE, "DELETE FROM consumptions"),
    _deed("units mixed", UNITS, f"UPDATE ledger_transfers SET unit = 'credits' WHERE id = {_transfer('consumption')}"),
    _deed(
        "an earning changed",
        EARNED,
        f"UPDATE ledger_transfers SET amount = amount + 1 WHERE id = {_transfer('coupon_assignment')}",
    ),
    _deed(
        "a coupon earned that nobody used",
        RIGHT_CAUSE,
        _copy("ledger_transfers", "cause_kind = 'coupon_assignment'", cause_id="gen_random_uuid()"),
    ),
)

MONEY = (
    _deed(
        "a line's quantity changed",
        QUOTED,
        f"UPDATE order_lines SET quantity = quantity + 1 WHERE order_id = {WAITING}",
    ),
    _deed("a line's price changed", QUOTED, f"UPDATE order_lines SET unit_net_cents = 1 WHERE order_id = {FULFILLED}"),
    _deed("a line deleted", TOTALS, f"DELETE FROM order_lines WHERE order_id = {FULFILLED}"),
    _deed(
        "a total changed",
        TOTALS,
        f"UPDATE orders SET net_cents = net_cents + 1, gross_cents = gross_cents + 1 WHERE id = {WAITING}",
    ),
    _deed(
        "a figure of a quote changed",
        REPLAYED,
        "UPDATE orders SET quote = jsonb_set(quote, '{vat,0,vat_cents}', '1') WHERE state = 'FULFILLED'",
    ),
    _deed(
        "an input of a quote changed",
        REPLAYED,
        "UPDATE orders SET quote = jsonb_set(quote, '{inputs,policy_version}', '7')",
    ),
    _deed("a quote replaced by nonsense", REPLAYED, f"UPDATE orders SET quote = '[1]' WHERE id = {WAITING}"),
    _deed("an invitation called bounced", BOUNCED, "UPDATE invitations SET state = 'BOUNCED' WHERE state <> 'CREATED'"),
    _deed("an order called paid", HAS_MONEY, f"UPDATE orders SET state = 'PAID', paid_at = now() WHERE id = {WAITING}"),
    _deed(
        "an order called fulfilled",
        ISSUED,
        f"UPDATE orders SET state = 'FULFILLED', paid_at = now(), fulfilled_at = now() WHERE id = {WAITING}",
    ),
    _deed(
        "a fulfilled order called unpaid",
        SEES_MONEY,
        f"UPDATE orders SET state = 'AWAITING_PAYMENT', fulfilled_at = NULL WHERE id = {FULFILLED}",
    ),
    _deed(
        "a cancelled order without its instant", TRACE, "UPDATE orders SET closed_at = NULL WHERE state = 'CANCELLED'"
    ),
    _deed(
        "an order cancelled by hand",
        TRACE,
        f"UPDATE orders SET state = 'CANCELLED', closed_at = now() WHERE id = {WAITING}",
    ),
    _deed("what was issued forgotten", ISSUED, "DELETE FROM coupon_packs WHERE quantity = 20"),
    _deed("a payment deleted", MONEY_CAUSE, "DELETE FROM payments WHERE source = 'stripe'"),
    _deed(
        "a payment made larger",
        ALLOCATED,
        "UPDATE payments SET amount_cents = amount_cents + 1 WHERE source = 'stripe'",
    ),
    _deed("a payment recorded twice", BOOKED, _copy("payments", "source = 'stripe'", external_id="'forged'")),
    _deed("an allocation changed", HAS_MONEY, "UPDATE payment_allocations SET amount_cents = amount_cents - 1"),
    _deed("an allocation deleted", HAS_MONEY, "DELETE FROM payment_allocations"),
    _deed("a payment allocated twice", ALLOCATED, _copy("payment_allocations", "reason = 'payment'", ordinal="7")),
    _deed(
        "a receipt changed in the ledger",
        BOOKED,
        f"UPDATE ledger_transfers SET amount = amount + 1 WHERE id = {_transfer('payment')}",
    ),
    _deed(
        "a sale deleted from the ledger",
        SOLD,
        f"DELETE FROM ledger_transfers WHERE id = {_transfer('order_fulfilled')}",
    ),
    _deed(
        "a sale booked for nothing",
        MONEY_CAUSE,
        _copy("ledger_transfers", "cause_kind = 'order_fulfilled'", cause_id="gen_random_uuid()"),
    ),
    _deed(
        "money from nowhere",
        MONEY_CAUSE,
        _copy("ledger_transfers", "cause_kind = 'payment'", cause_kind="'gift'", cause_id="gen_random_uuid()"),
    ),
    _deed(
        "a receipt moved to another order",
        RECEIVABLE,
        "UPDATE ledger_transfers SET credit_account_id = (SELECT id FROM ledger_accounts WHERE kind = 'receivable'"
        f" ORDER BY id DESC LIMIT 1) WHERE id = {_transfer('payment')}",
    ),
    _deed(
        "a sale moved to another product",
        DEFERRED,
        "UPDATE ledger_transfers SET credit_account_id = (SELECT id FROM ledger_accounts WHERE kind = 'deferred'"
        " ORDER BY label DESC LIMIT 1) WHERE credit_account_id = (SELECT id FROM ledger_accounts"
        " WHERE kind = 'deferred' ORDER BY label LIMIT 1)",
    ),
    _deed(
        "VAT moved to another account",
        VAT,
        "UPDATE ledger_transfers SET credit_account_id ="
        " (SELECT id FROM ledger_accounts WHERE kind = 'deferred' LIMIT 1)"
        " WHERE credit_account_id IN (SELECT id FROM ledger_accounts WHERE kind = 'vat')",
    ),
    _deed(
        "a payment called seen",
        ATTEMPT,
        _copy("payment_attempts", "true", number="9", paid_at="now()", session_id="'forged'", payment_intent_id="NULL"),
    ),
    _deed(
        "a refund by transfer made larger",
        OTHER_REFUNDS,
        "UPDATE refund_requests SET amount_cents = amount_cents + 1 WHERE way <> 'card'",
    ),
    _deed(
        "a refund by transfer unbooked",
        OTHER_REFUNDS,
        "DELETE FROM ledger_transfers WHERE cause_kind = 'refund_request'",
    ),
    _deed("a refund by transfer that never was", MONEY_CAUSE, "DELETE FROM refund_requests WHERE way <> 'card'"),
    _deed(
        "more taken back of a wallet than was booked",
        RECOVERED,
        "UPDATE wallet_recoveries SET quantity = quantity + 1",
    ),
    _deed(
        "what the rest of a wallet was worth changed",
        RECOVERED,
        "UPDATE wallet_recoveries SET net_cents = net_cents + 1",
    ),
    _deed("a refund made smaller", REFUNDS, "UPDATE stripe_refunds SET amount_cents = amount_cents - 1"),
    _deed("a refund forgotten", REFUNDS, "DELETE FROM stripe_refunds"),
    _deed("a refund called failed", REFUNDS, "UPDATE stripe_refunds SET status = 'failed'"),
)

TRANSFERS = (
    _deed(
        "a bank line made larger",
        "every line in brought one payment of its amount, and every bank payment has its line",
        "UPDATE bank_lines SET amount_cents = amount_cents + 1 WHERE kind = 'TRANSFER'",
    ),
    _deed(
        "a surplus forgotten",
        "what waits of a payment is its suspense account, never below zero",
        "DELETE FROM payment_disposals",
    ),
    _deed(
        "a line called settled",
        "a line's state is what is left of its money",
        "UPDATE bank_lines SET state = 'SURPLUS' WHERE state = 'MATCHED'",
    ),
    _deed(
        "store credit given by hand",
        "a party's store credit is its ledger account",
        "UPDATE store_credits SET balance_cents = balance_cents + 1",
    ),
    _deed(
        "an allocation of a transfer unbooked",
        "allocations of transfers stand in the ledger, each with its amount",
        "DELETE FROM ledger_transfers WHERE cause_kind = 'allocation'",
    ),
    _deed(
        "a return unbooked",
        "what left the bank stands there once",
        "DELETE FROM ledger_transfers WHERE cause_kind = 'bank_return'",
    ),
    _deed(
        "a window without an end",
        "an order that has its money in a window will be fulfilled by its row",
        "DELETE FROM due_rows WHERE rule = 'orders.fulfil'",
    ),
    _deed(
        "four eyes that were two",
        "nobody approved what they had asked for",
        "UPDATE finance_decisions SET decided_by_user_id = asked_by_user_id WHERE four_eyes",
    ),
)

SERVICES = (
    _deed(
        "a service that got shorter",
        "the terms of a service follow each other without a gap and never shrink",
        "UPDATE licence_terms SET ends_on = ends_on - 1 WHERE action = 'START' AND licence_id IN"
        " (SELECT licence_id FROM licence_terms WHERE action = 'EXTEND')",
    ),
    _deed(
        "a term nobody paid",
        "every term of a service was granted once for its cause",
        "DELETE FROM grants WHERE kind = 'licence'",
    ),
    _deed(
        "a module that outlasts its base",
        "a module ends with its base unless it keeps its own term",
        "UPDATE licence_terms SET ends_on = ends_on + 400 WHERE licence_id IN"
        " (SELECT id FROM licences WHERE kind = 'addon')",
    ),
    _deed(
        "a base service of another tax code",
        "one base service is open per tax code, that of its company",
        "UPDATE licences SET tax_code = '00000000000' WHERE kind = 'base_service'",
    ),
    _deed(
        "a seat too few",
        "a lot has as many seats as were bought, each with one person at most",
        "DELETE FROM seats WHERE state = 'FREE'",
    ),
    _deed(
        "a step that is none",
        "every step that was ticked is one of its service",
        "UPDATE setup_ticks SET code = 'NONE'",
    ),
    _deed(
        "a letter to the vendor lost",
        "what the vendor was told of a change is kept",
        "UPDATE provisioning_changes SET body = NULL WHERE state = 'DONE'",
    ),
    _deed(
        "somebody sits without a membership",
        "who sits on a seat is a member of its company, and comes in only while they do",
        "UPDATE memberships SET role = 'owner' WHERE role = 'member'",
    ),
)

HISTORY = (
    _deed("an event altered", CHAIN, "UPDATE events SET data = '{\"gross_cents\": 1}' WHERE type = 'order.paid'"),
    _deed("an event moved in time", CHAIN, "UPDATE events SET at = at - interval '1 day' WHERE type = 'order.placed'"),
    _deed("an event given to another party", CHAIN, "UPDATE events SET party_id = NULL WHERE type = 'order.paid'"),
    _deed("an event deleted", CHAIN, "DELETE FROM events WHERE type = 'coupon.activated'"),
    _deed(
        "two events swapped",
        CHAIN,
        "UPDATE event_seals SET event_id = -event_id WHERE position IN (3, 4)",
        "UPDATE event_seals s SET event_id = -o.event_id FROM event_seals o WHERE s.position + o.position = 7"
        " AND s.position IN (3, 4)",
    ),
    _deed("a seal deleted", CHAIN, "DELETE FROM event_seals WHERE position = 3"),
    _deed("a hash replaced", CHAIN, "UPDATE event_seals SET hash = repeat('0', 64) WHERE position = 3"),
    _deed(
        "an event slipped into the past",
        SEALED,
        "INSERT INTO events (transaction_id, type, at, recorded_at, subject_kind, subject_id, data)"
        " VALUES (1, 'order.paid', now(), now(), 'order', gen_random_uuid(), '{}')",
    ),
    _deed("an order's history deleted", TRACE, "DELETE FROM events WHERE type = 'order.fulfilled'"),
)

DONE = "(SELECT id FROM company_purchases WHERE state = 'DONE' LIMIT 1)"
BOUGHT = "(SELECT company_id FROM company_purchases WHERE state = 'DONE' LIMIT 1)"
INVITATIONS = (
    _deed("a created invitation set back", INVITED, "UPDATE invitations SET state = 'PAID' WHERE state = 'CREATED'"),
    _deed("a paid invitation taken back", INVITED, "UPDATE invitations SET state = 'REVOKED' WHERE state = 'PAID'"),
    _deed("an invitation called created", INVITED, "UPDATE invitations SET state = 'CREATED' WHERE state = 'ORDERED'"),
    _deed("an order called paid", INVITED_ORDER, "UPDATE invitations SET state = 'PAID' WHERE state = 'ORDERED'"),
    _deed(
        "a promised price changed",
        INVITED_ORDER,
        "UPDATE invitations SET offer = offer || jsonb_build_object('gross_cents', 1) WHERE state = 'CREATED'",
    ),
    _deed(
        "an invitation led to another order",
        INVITED_ORDER,
        "UPDATE invitations SET order_id = gen_random_uuid() WHERE state = 'ORDERED'",
    ),
    _deed(
        "a purchase called done",
        PURCHASED,
        f"UPDATE company_purchases SET state = 'DONE', company_id = {OPEN} WHERE state = 'WAITING'",
    ),
    _deed("a purchase set back", PURCHASED, f"UPDATE company_purchases SET state = 'CREATING' WHERE id = {DONE}"),
    _deed(
        "the payer of a bought company changed",
        PURCHASE_RIGHTS,
        f"UPDATE payer_periods SET payer = 'STUDIO' WHERE company_id = {BOUGHT}",
    ),
    _deed(
        "the link of a bought company deleted",
        PURCHASE_RIGHTS,
        f"DELETE FROM studio_links WHERE company_id = {BOUGHT}",
    ),
    _deed(
        "the licence of a bought company deleted",
        PURCHASE_RIGHTS,
        f"DELETE FROM licence_terms WHERE cause_id = (SELECT cause_id FROM company_purchases WHERE id = {DONE})",
    ),
    _deed(
        "a purchase worth more",
        PURCHASE_EARNED,
        f"UPDATE company_purchases SET net_cents = net_cents + 1 WHERE id = {DONE}",
    ),
    _deed(
        "a purchase voided by hand",
        PURCHASE_EARNED,
        "UPDATE company_purchases SET state = 'VOIDED' WHERE state = 'WAITING'",
    ),
    _deed("a purchase deleted", ONE_PURCHASE, f"DELETE FROM company_purchases WHERE id = {DONE}"),
    _deed(
        "finance never asked about a purchase",
        WAITING_MONEY,
        "DELETE FROM finance_tasks WHERE kind = 'company_not_created'",
    ),
    _deed(
        "a forgotten client remembered",
        FORGOTTEN,
        "UPDATE invitations SET client_email = 'a@b.it' WHERE forgotten_at IS NOT NULL",
    ),
)

CORRUPTIONS = (*RIGHTS, *MONEY, *TRANSFERS, *SERVICES, *HISTORY, *CONNECTIONS, *INVITATIONS)
