"""What somebody could do to rights: coupons, companies, licences, wallets; each with the check that must name it."""

# ruff: noqa: S608 - the statements are the corruptions themselves
from tests.audit.corruption import Corruption, copy_of, deed, transfer_of

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
ORDERED = "every issued right was ordered"
DEFERRED = "what was sold and not yet earned or voided is owed, product by product"
HELD_BACK = "a licence is held back by the case that its history names last"
AVAILABLE = "(SELECT id FROM coupons WHERE state = 'AVAILABLE' ORDER BY id LIMIT 1)"
ACTIVE = "(SELECT id FROM coupons WHERE state = 'ACTIVE' ORDER BY id LIMIT 1)"
BUCKET = "(SELECT id FROM wallet_buckets WHERE balance > 0 ORDER BY id LIMIT 1)"
LIVE = "(SELECT id FROM coupon_assignments WHERE released_at IS NULL ORDER BY id LIMIT 1)"
READY = "(SELECT id FROM companies WHERE state = 'READY' AND requested_by_party_id <> id LIMIT 1)"
OPEN = "(SELECT id FROM companies WHERE state = 'PROVISIONING' LIMIT 1)"
DONE = "(SELECT id FROM company_purchases WHERE state = 'DONE' LIMIT 1)"


RIGHTS: tuple[Corruption, ...] = (
    deed(
        "a licence suspended by hand",
        HELD_BACK,
        "UPDATE licences SET suspended_at = now(), suspended_by_case = gen_random_uuid()",
    ),
    deed(
        "a suspension written into the past",
        HELD_BACK,
        "INSERT INTO licence_suspensions (id, licence_id, case_id, suspended, from_at, recorded_at)"
        " SELECT gen_random_uuid(), id, gen_random_uuid(), true, created_at, created_at FROM licences",
    ),
    deed("a coupon deleted", PACKS, f"DELETE FROM coupons WHERE id = {AVAILABLE}"),
    deed(
        "a coupon with another's number",
        PACKS,
        "ALTER TABLE coupons DROP CONSTRAINT uq_coupons_pack_id_ordinal",
        f"UPDATE coupons SET ordinal = ordinal % 2 + 1 WHERE id = {AVAILABLE}",
    ),
    deed("a coupon too many", PACKS, copy_of("coupons", "state = 'AVAILABLE'", code="'LTE-FORGED'", ordinal="99")),
    deed("a coupon worth more", PACKS, f"UPDATE coupons SET net_cents = net_cents + 1 WHERE id = {AVAILABLE}"),
    deed(
        "a coupon given to another studio",
        PACKS,
        f"UPDATE coupons SET owner_party_id = (SELECT max(id::text)::uuid FROM parties) WHERE id = {AVAILABLE}",
    ),
    deed("an unused coupon called active", COUPON_STATE, f"UPDATE coupons SET state = 'ACTIVE' WHERE id = {AVAILABLE}"),
    deed("an active coupon called unused", COUPON_STATE, f"UPDATE coupons SET state = 'AVAILABLE' WHERE id = {ACTIVE}"),
    deed("a voided coupon revived", DEFERRED, "UPDATE coupons SET state = 'AVAILABLE' WHERE state = 'VOIDED'"),
    deed("a coupon voided by hand", DEFERRED, f"UPDATE coupons SET state = 'VOIDED' WHERE id = {AVAILABLE}"),
    deed("an assignment deleted", COUPON_STATE, f"DELETE FROM coupon_assignments WHERE id = {LIVE}"),
    deed(
        "an assignment released", COUPON_STATE, f"UPDATE coupon_assignments SET released_at = now() WHERE id = {LIVE}"
    ),
    deed(
        "a coupon assigned twice",
        COUPON_STATE,
        "DROP INDEX uq_coupon_assignments_live",
        copy_of("coupon_assignments", "released_at IS NULL"),
    ),
    deed("a ready company set back", COMPANY_STATE, f"UPDATE companies SET state = 'PROVISIONING' WHERE id = {READY}"),
    deed(
        "a company called ready",
        COMPANY_STATE,
        f"UPDATE companies SET state = 'READY', remote_id = 'x' WHERE id = {OPEN}",
    ),
    deed(
        "a company taken from its studio",
        COMPANY_STATE,
        "UPDATE companies SET requested_by_party_id = id WHERE state = 'READY'",
    ),
    deed("a rejected company revived", VENDOR, "UPDATE companies SET state = 'PROVISIONING' WHERE state = 'REJECTED'"),
    deed("the vendor's answer forgotten", VENDOR, "DELETE FROM provisioning_requests WHERE state = 'DONE'"),
    deed(
        "the vendor's answer changed",
        VENDOR,
        "UPDATE provisioning_requests SET state = 'REFUSED' WHERE state = 'DONE'",
    ),
    deed("a licence without cause", LICENCE_CAUSE, "UPDATE licences SET cause_id = gen_random_uuid()"),
    deed(
        "a licence from nowhere",
        LICENCE_CAUSE,
        copy_of("licences", "kind = 'plan'", cause_kind="'order_line'", cause_id="gen_random_uuid()"),
    ),
    deed("a licence moved to another company", ACTIVATED, f"UPDATE licences SET party_id = {OPEN}"),
    deed("a link deleted", ACTIVATED, "DELETE FROM studio_links"),
    deed("a payer forgotten", ACTIVATED, "DELETE FROM payer_periods"),
    deed("history rewritten", ACTIVATED, "DELETE FROM activations"),
    deed("a term deleted", TERMS, "DELETE FROM licence_terms"),
    deed(
        "a term twice", TERMS, copy_of("licence_terms", "true", cause_id="gen_random_uuid()", starts_on="starts_on + 1")
    ),
    deed("a grant deleted", GRANTS, "DELETE FROM grants WHERE kind = 'coupons'"),
    deed("a wallet's grant deleted", GRANTS, "DELETE FROM grants WHERE kind = 'documents'"),
    deed("a grant from nowhere", GRANTS, copy_of("grants", "true", cause_id="gen_random_uuid()")),
    deed("a right nobody ordered", ORDERED, "UPDATE grants SET quantity = quantity + 1 WHERE kind = 'coupons'"),
    deed("a wallet filled by hand", WALLET, f"UPDATE wallet_buckets SET balance = balance + 1 WHERE id = {BUCKET}"),
    deed("a grant made larger", WALLET, f"UPDATE wallet_buckets SET granted = granted + 1 WHERE id = {BUCKET}"),
    deed(
        "an entry of a wallet deleted", WALLET, f"DELETE FROM ledger_transfers WHERE id = {transfer_of('wallet_grant')}"
    ),
    deed("a use made smaller", USES, "UPDATE consumptions SET quantity = quantity - 1"),
    deed("a use deleted", RIGHT_CAUSE, "DELETE FROM consumptions"),
    deed("units mixed", UNITS, f"UPDATE ledger_transfers SET unit = 'credits' WHERE id = {transfer_of('consumption')}"),
    deed(
        "an earning changed",
        EARNED,
        f"UPDATE ledger_transfers SET amount = amount + 1 WHERE id = {transfer_of('coupon_assignment')}",
    ),
    deed(
        "a coupon earned that nobody used",
        RIGHT_CAUSE,
        copy_of("ledger_transfers", "cause_kind = 'coupon_assignment'", cause_id="gen_random_uuid()"),
    ),
)
