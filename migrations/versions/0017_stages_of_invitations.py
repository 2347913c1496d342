"""How far an invitation came, also when it has ended since: the figures of the funnel."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

SO_FAR = """
UPDATE invitations i SET reached = CASE
    WHEN i.state = 'CREATED' THEN 'CREATED'
    WHEN i.order_id IS NOT NULL THEN 'ORDERED'
    WHEN i.state = 'IN_PROGRESS' OR h.types @> ARRAY['invitation.in_progress'] THEN 'IN_PROGRESS'
    WHEN i.state = 'OPENED' OR h.types @> ARRAY['invitation.opened'] THEN 'OPENED'
    ELSE 'SENT' END
FROM (SELECT subject_id, array_agg(DISTINCT type::text) AS types FROM events WHERE subject_kind = 'invitation'
      GROUP BY subject_id) h
WHERE h.subject_id = i.id
"""


def upgrade() -> None:
    op.add_column("invitations", sa.Column("reached", sa.String(), nullable=False, server_default="SENT"))
    op.execute(SO_FAR)
    op.alter_column("invitations", "reached", server_default=None)
    op.create_check_constraint(
        op.f("ck_invitations_reached"),
        "invitations",
        "reached IN ('SENT', 'OPENED', 'IN_PROGRESS', 'ORDERED', 'CREATED')",
    )


def downgrade() -> None:
    op.drop_column("invitations", "reached")
