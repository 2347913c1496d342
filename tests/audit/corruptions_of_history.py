"""What somebody could do to the chain of events, each with the check that must name it."""

from tests.audit.corruption import Corruption, deed

TRACE = "an order's state has its instants and its event"
CHAIN = "event chain"
SEALED = "events sealed in order"

HISTORY: tuple[Corruption, ...] = (
    deed("an event altered", CHAIN, "UPDATE events SET data = '{\"gross_cents\": 1}' WHERE type = 'order.paid'"),
    deed("an event moved in time", CHAIN, "UPDATE events SET at = at - interval '1 day' WHERE type = 'order.placed'"),
    deed("an event given to another party", CHAIN, "UPDATE events SET party_id = NULL WHERE type = 'order.paid'"),
    deed("an event deleted", CHAIN, "DELETE FROM events WHERE type = 'coupon.activated'"),
    deed(
        "two events swapped",
        CHAIN,
        "UPDATE event_seals SET event_id = -event_id WHERE position IN (3, 4)",
        "UPDATE event_seals s SET event_id = -o.event_id FROM event_seals o WHERE s.position + o.position = 7"
        " AND s.position IN (3, 4)",
    ),
    deed("a seal deleted", CHAIN, "DELETE FROM event_seals WHERE position = 3"),
    deed("a hash replaced", CHAIN, "UPDATE event_seals SET hash = repeat('0', 64) WHERE position = 3"),
    deed(
        "an event slipped into the past",
        SEALED,
        "INSERT INTO events (transaction_id, type, at, recorded_at, subject_kind, subject_id, data)"
        " VALUES (1, 'order.paid', now(), now(), 'order', gen_random_uuid(), '{}')",
    ),
    deed("an order's history deleted", TRACE, "DELETE FROM events WHERE type = 'order.fulfilled'"),
)
