"""Invitations remember when they were first sent: lists are by age, and an id made of a program's key has none."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("invitations", sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
    # Sent again, an invitation has lost its first moment; its first event has kept it.
    op.execute(
        "UPDATE invitations SET created_at = coalesce("
        "(SELECT min(at) FROM events WHERE subject_kind = 'invitation' AND subject_id = invitations.id), sent_at)"
    )
    op.alter_column("invitations", "created_at", nullable=False)
    op.create_index("ix_invitations_studio_created", "invitations", ["studio_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_invitations_studio_created", "invitations")
    op.drop_column("invitations", "created_at")
