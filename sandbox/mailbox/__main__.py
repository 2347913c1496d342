"""Run the mailbox: `python -m sandbox.mailbox --help`."""

import argparse
import signal
import sys
from pathlib import Path
from threading import Thread
from types import FrameType

from werkzeug.serving import make_server

from sandbox.mailbox import Letters, SmtpServer, build


def main() -> int:
    """Serve SMTP and the pages until told to stop."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)
    letters = Letters(Path(options.data))
    smtp = SmtpServer((options.host, options.smtp_port), letters)
    pages = make_server(options.host, options.http_port, build(letters), threaded=True)
    Thread(target=smtp.serve_forever, name="smtp", daemon=True).start()
    print(f"Posta di prova: http://{options.host}:{pages.server_port}/ (SMTP {smtp.port})", flush=True)
    try:
        pages.serve_forever()
    except KeyboardInterrupt:
        return 0
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.mailbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=8025)
    parser.add_argument("--http-port", type=int, default=8013)
    parser.add_argument("--data", required=True, metavar="FILE.sqlite")
    return parser.parse_args()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
