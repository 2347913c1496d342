"""The history of suspensions: since when a case held a licence back, and since when no longer; what mails are about."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

MOMENT = sa.DateTime(timezone=True)

# Mails still knew clients that their invitations had forgotten; money that went back had taken away the end of an
# invitation, and an order that was never paid its forgetting.
MAILS_FORGOTTEN = """
UPDATE mails m SET recipient = '', context = '{}' FROM invitations i
WHERE i.forgotten_at IS NOT NULL AND split_part(m.cause, ':', 2) = i.id::text AND m.queued_at <= i.forgotten_at
"""
END_AGAIN = """
INSERT INTO due_rows (id, rule, subject_id, period, due_at, data, attempts)
SELECT gen_random_uuid(), 'invitations.expire', i.id, 'again', i.expires_at, '{}', 0 FROM invitations i
WHERE i.state IN ('SENT', 'OPENED', 'IN_PROGRESS')
"""
FORGET_AGAIN = """
INSERT INTO due_rows (id, rule, subject_id, period, due_at, data, attempts)
SELECT gen_random_uuid(), 'invitations.forget', i.id, 'again', i.changed_at + interval '30 days', '{}', 0
FROM invitations i LEFT JOIN company_purchases p ON p.invitation_id = i.id
WHERE i.order_id IS NOT NULL AND i.forgotten_at IS NULL
  AND (i.state IN ('EXPIRED', 'REVOKED', 'DECLINED', 'BOUNCED') OR p.state = 'VOIDED')
"""
# Coupons that expired were never booked, and some were held by the shop itself: they expire once more, as they should.
EXPIRE_AGAIN = """
INSERT INTO due_rows (id, rule, subject_id, period, due_at, data, attempts)
SELECT gen_random_uuid(), 'coupons.expire', c.pack_id, 'again',
       min(c.activate_by_on)::timestamp AT TIME ZONE 'Europe/Rome', '{}', 0
FROM coupons c WHERE c.state = 'EXPIRED' GROUP BY c.pack_id
"""
NOT_YET_EXPIRED = "UPDATE coupons SET state = 'AVAILABLE' WHERE state = 'EXPIRED'"


def upgrade() -> None:
    op.create_table(
        "licence_suspensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("licence_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_licence_suspensions_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_suspensions")),
        sa.UniqueConstraint("licence_id", "from_at", name=op.f("uq_licence_suspensions_licence_id_from_at")),
    )
    # What stands suspended goes on; of what was lifted before, nobody had kept the days.
    op.execute(
        "INSERT INTO licence_suspensions (id, licence_id, case_id, suspended, from_at, recorded_at)"
        " SELECT gen_random_uuid(), id, suspended_by_case, true, suspended_at, suspended_at FROM licences"
        " WHERE suspended_at IS NOT NULL"
    )
    op.create_index("ix_mails_about", "mails", [sa.text("split_part(cause, ':', 2)")])
    for repair in (MAILS_FORGOTTEN, END_AGAIN, FORGET_AGAIN, EXPIRE_AGAIN, NOT_YET_EXPIRED):
        op.execute(repair)


def downgrade() -> None:
    op.drop_index("ix_mails_about", "mails")
    op.drop_table("licence_suspensions")
