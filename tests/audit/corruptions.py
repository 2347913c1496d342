"""Everything somebody with the owner's password could do to the books, each with the check that must name it."""

from tests.audit.corruptions_of_connections import CONNECTIONS
from tests.audit.corruptions_of_history import HISTORY
from tests.audit.corruptions_of_invitations import INVITATIONS
from tests.audit.corruptions_of_money import MONEY
from tests.audit.corruptions_of_renewals import RENEWALS
from tests.audit.corruptions_of_rights import RIGHTS
from tests.audit.corruptions_of_services import SERVICES
from tests.audit.corruptions_of_transfers import TRANSFERS

CORRUPTIONS = (*RIGHTS, *MONEY, *TRANSFERS, *SERVICES, *HISTORY, *CONNECTIONS, *INVITATIONS, *RENEWALS)
