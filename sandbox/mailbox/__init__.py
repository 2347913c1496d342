"""A mailbox for trying things out: an SMTP server that keeps every letter, and pages to read them.

Nothing it is given ever leaves this machine.
"""

from sandbox.mailbox.application import build
from sandbox.mailbox.letters import Letters
from sandbox.mailbox.smtp import SmtpServer

__all__ = ["Letters", "SmtpServer", "build"]
