"""Which lot a smaller one follows (F004-21, F004-22): a lot is replaced once, whatever two orders say."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_PAID_SO_FAR = """
    UPDATE licences l SET replaces_licence_id = (o.term ->> 'replaces')::uuid FROM order_lines o
    WHERE l.cause_kind = 'order_line' AND l.cause_id = o.id AND o.term ->> 'replaces' IS NOT NULL
      AND l.id = (
        SELECT min(s.id::text)::uuid FROM licences s
        JOIN order_lines p ON s.cause_kind = 'order_line' AND s.cause_id = p.id
        WHERE p.term ->> 'replaces' = o.term ->> 'replaces')
"""
"""Two smaller lots may stand for one already: the first that was bought follows it."""


def upgrade() -> None:
    op.add_column("licences", sa.Column("replaces_licence_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_licences_replaces_licence_id"), "licences", "licences", ["replaces_licence_id"], ["id"]
    )
    op.create_unique_constraint(op.f("uq_licences_replaces_licence_id"), "licences", ["replaces_licence_id"])
    op.execute(_PAID_SO_FAR)


def downgrade() -> None:
    op.drop_column("licences", "replaces_licence_id")
