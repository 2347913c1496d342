"""What somebody could do to orders, payments, the ledger and refunds, each with the check that must name it."""

# ruff: noqa: S608 - the statements are the corruptions themselves
from tests.audit.corruption import Corruption, copy_of, deed, transfer_of

TOTALS = "an order's totals are its lines' and its quote's"
QUOTED = "every line is the line of the quote"
REPLAYED = "a stored quote replays to the same figures"
HAS_MONEY = "a paid order has its money"
SEES_MONEY = "an order that has its money is paid, or finance looks at it"
ALLOCATED = "a payment is allocated once and no more than it is"
BOOKED = "every payment stands in the ledger with its amount"
ISSUED = "what a fulfilled line promised was issued, and nothing else"
SOLD = "a sale is booked once, in full, when it is fulfilled"
TRACE = "an order's state has its instants and its event"
ATTEMPT = "an attempt seen paid has its payment"
RECEIVABLE = "an order's receivable is its money less what it was sold for"
DEFERRED = "what was sold and not yet earned or voided is owed, product by product"
VAT = "the VAT that is owed is that of the fulfilled orders, rate by rate"
MONEY_CAUSE = "every transfer of money has the fact it was booked for"
REFUNDS = "every refund of Stripe stands in the ledger with its amount"
OTHER_REFUNDS = "every refund by transfer or as store credit stands in the ledger, and none exceeds what was paid so"
ASKED_BACK = "no more was asked back of a charge than it brought"
RECOVERED = "what was taken back of a wallet stands in the ledger: its units and their worth"
FULFILLED = "(SELECT id FROM orders WHERE state = 'FULFILLED' ORDER BY id LIMIT 1)"
WAITING = (
    "(SELECT id FROM orders o WHERE state = 'AWAITING_PAYMENT'"
    " AND NOT EXISTS (SELECT 1 FROM payment_allocations a WHERE a.order_id = o.id) ORDER BY id LIMIT 1)"
)


MONEY: tuple[Corruption, ...] = (
    deed(
        "a line's quantity changed",
        QUOTED,
        f"UPDATE order_lines SET quantity = quantity + 1 WHERE order_id = {WAITING}",
    ),
    deed("a line's price changed", QUOTED, f"UPDATE order_lines SET unit_net_cents = 1 WHERE order_id = {FULFILLED}"),
    deed("a line deleted", TOTALS, f"DELETE FROM order_lines WHERE order_id = {FULFILLED}"),
    deed(
        "a total changed",
        TOTALS,
        f"UPDATE orders SET net_cents = net_cents + 1, gross_cents = gross_cents + 1 WHERE id = {WAITING}",
    ),
    deed(
        "a figure of a quote changed",
        REPLAYED,
        "UPDATE orders SET quote = jsonb_set(quote, '{vat,0,vat_cents}', '1') WHERE state = 'FULFILLED'",
    ),
    deed(
        "an input of a quote changed",
        REPLAYED,
        "UPDATE orders SET quote = jsonb_set(quote, '{inputs,policy_version}', '7')",
    ),
    deed("a quote replaced by nonsense", REPLAYED, f"UPDATE orders SET quote = '[1]' WHERE id = {WAITING}"),
    deed("an order called paid", HAS_MONEY, f"UPDATE orders SET state = 'PAID', paid_at = now() WHERE id = {WAITING}"),
    deed(
        "an order called fulfilled",
        ISSUED,
        f"UPDATE orders SET state = 'FULFILLED', paid_at = now(), fulfilled_at = now() WHERE id = {WAITING}",
    ),
    deed(
        "a fulfilled order called unpaid",
        SEES_MONEY,
        f"UPDATE orders SET state = 'AWAITING_PAYMENT', fulfilled_at = NULL WHERE id = {FULFILLED}",
    ),
    deed(
        "a cancelled order without its instant", TRACE, "UPDATE orders SET closed_at = NULL WHERE state = 'CANCELLED'"
    ),
    deed(
        "an order cancelled by hand",
        TRACE,
        f"UPDATE orders SET state = 'CANCELLED', closed_at = now() WHERE id = {WAITING}",
    ),
    deed("what was issued forgotten", ISSUED, "DELETE FROM coupon_packs WHERE quantity = 20"),
    deed("a payment deleted", MONEY_CAUSE, "DELETE FROM payments WHERE source = 'stripe'"),
    deed(
        "a payment made larger",
        ALLOCATED,
        "UPDATE payments SET amount_cents = amount_cents + 1 WHERE source = 'stripe'",
    ),
    deed("a payment recorded twice", BOOKED, copy_of("payments", "source = 'stripe'", external_id="'forged'")),
    deed("an allocation changed", HAS_MONEY, "UPDATE payment_allocations SET amount_cents = amount_cents - 1"),
    deed("an allocation deleted", HAS_MONEY, "DELETE FROM payment_allocations"),
    deed("a payment allocated twice", ALLOCATED, copy_of("payment_allocations", "reason = 'payment'", ordinal="7")),
    deed(
        "a receipt changed in the ledger",
        BOOKED,
        f"UPDATE ledger_transfers SET amount = amount + 1 WHERE id = {transfer_of('payment')}",
    ),
    deed(
        "a sale deleted from the ledger",
        SOLD,
        f"DELETE FROM ledger_transfers WHERE id = {transfer_of('order_fulfilled')}",
    ),
    deed(
        "a sale booked for nothing",
        MONEY_CAUSE,
        copy_of("ledger_transfers", "cause_kind = 'order_fulfilled'", cause_id="gen_random_uuid()"),
    ),
    deed(
        "money from nowhere",
        MONEY_CAUSE,
        copy_of("ledger_transfers", "cause_kind = 'payment'", cause_kind="'gift'", cause_id="gen_random_uuid()"),
    ),
    deed(
        "a receipt moved to another order",
        RECEIVABLE,
        "UPDATE ledger_transfers SET credit_account_id = (SELECT id FROM ledger_accounts WHERE kind = 'receivable'"
        f" ORDER BY id DESC LIMIT 1) WHERE id = {transfer_of('payment')}",
    ),
    deed(
        "a sale moved to another product",
        DEFERRED,
        "UPDATE ledger_transfers SET credit_account_id = (SELECT id FROM ledger_accounts WHERE kind = 'deferred'"
        " ORDER BY label DESC LIMIT 1) WHERE credit_account_id = (SELECT id FROM ledger_accounts"
        " WHERE kind = 'deferred' ORDER BY label LIMIT 1)",
    ),
    deed(
        "VAT moved to another account",
        VAT,
        "UPDATE ledger_transfers SET credit_account_id ="
        " (SELECT id FROM ledger_accounts WHERE kind = 'deferred' LIMIT 1)"
        " WHERE credit_account_id IN (SELECT id FROM ledger_accounts WHERE kind = 'vat')",
    ),
    deed(
        "a payment called seen",
        ATTEMPT,
        copy_of(
            "payment_attempts", "true", number="9", paid_at="now()", session_id="'forged'", payment_intent_id="NULL"
        ),
    ),
    deed(
        "a refund by transfer made larger",
        OTHER_REFUNDS,
        "UPDATE refund_requests SET amount_cents = amount_cents + 1 WHERE way <> 'card'",
    ),
    deed(
        "a refund by transfer unbooked",
        OTHER_REFUNDS,
        "DELETE FROM ledger_transfers WHERE cause_kind = 'refund_request'",
    ),
    deed(
        "money of a refunded order taken off it once more",
        OTHER_REFUNDS,
        copy_of(
            "payment_allocations",
            "order_id IN (SELECT order_id FROM refund_requests WHERE way <> 'card')",
            ordinal="7",
            amount_cents="-amount_cents",
        ),
    ),
    deed("a refund by transfer that never was", MONEY_CAUSE, "DELETE FROM refund_requests WHERE way <> 'card'"),
    deed(
        "more taken back of a wallet than was booked",
        RECOVERED,
        "UPDATE wallet_recoveries SET quantity = quantity + 1",
    ),
    deed(
        "what the rest of a wallet was worth changed",
        RECOVERED,
        "UPDATE wallet_recoveries SET net_cents = net_cents + 1",
    ),
    deed(
        "more asked back of a charge than it brought",
        ASKED_BACK,
        "UPDATE refund_requests SET amount_cents = amount_cents * 1000 WHERE way = 'card'",
    ),
    deed("a refund made smaller", REFUNDS, "UPDATE stripe_refunds SET amount_cents = amount_cents - 1"),
    deed("a refund forgotten", REFUNDS, "DELETE FROM stripe_refunds"),
    deed("a refund called failed", REFUNDS, "UPDATE stripe_refunds SET status = 'failed'"),
)
