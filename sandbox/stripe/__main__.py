"""Entry point of ``python -m sandbox.stripe``."""

import sys

from sandbox.stripe.program import main

sys.exit(main())
