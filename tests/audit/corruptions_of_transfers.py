"""What somebody could do to bank lines, store credit and finance, each with the check that must name it."""

from tests.audit.corruption import Corruption, deed

TRANSFERS: tuple[Corruption, ...] = (
    deed(
        "a bank line made larger",
        "every line in brought one payment of its amount, and every bank payment has its line",
        "UPDATE bank_lines SET amount_cents = amount_cents + 1 WHERE kind = 'TRANSFER'",
    ),
    deed(
        "a surplus forgotten",
        "what waits of a payment is its suspense account, never below zero",
        "DELETE FROM payment_disposals",
    ),
    deed(
        "a line called settled",
        "a line's state is what is left of its money",
        "UPDATE bank_lines SET state = 'SURPLUS' WHERE state = 'MATCHED'",
    ),
    deed(
        "store credit given by hand",
        "a party's store credit is its ledger account",
        "UPDATE store_credits SET balance_cents = balance_cents + 1",
    ),
    deed(
        "credit of a card whose money went back",
        "credit that a card paid for is gone with the money that went back at Stripe",
        "INSERT INTO payment_disposals (id, payment_id, kind, party_id, amount_cents, disposed_at)"
        " SELECT gen_random_uuid(), p.id, 'STORE_CREDIT', o.buyer_party_id, p.amount_cents, now() FROM payments p"
        " JOIN stripe_charges c ON c.payment_intent_id = p.external_id JOIN orders o ON o.id = c.order_id"
        " WHERE c.refunded_cents > 0 LIMIT 1",
    ),
    deed(
        "an allocation of a transfer unbooked",
        "allocations of transfers stand in the ledger, each with its amount",
        "DELETE FROM ledger_transfers WHERE cause_kind = 'allocation'",
    ),
    deed(
        "a return unbooked",
        "what left the bank stands there once",
        "DELETE FROM ledger_transfers WHERE cause_kind = 'bank_return'",
    ),
    deed(
        "a window without an end",
        "an order that has its money in a window will be fulfilled by its row",
        "DELETE FROM due_rows WHERE rule = 'orders.fulfil'",
    ),
    deed(
        "four eyes that were two",
        "nobody approved what they had asked for",
        "UPDATE finance_decisions SET decided_by_user_id = asked_by_user_id WHERE four_eyes",
    ),
)
