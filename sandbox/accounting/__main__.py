"""Run the accounting program: `python -m sandbox.accounting --help`."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from werkzeug.serving import make_server

from sandbox.accounting import Config, build


def main() -> int:
    """Serve until told to stop; 2 when the options make no sense."""
    options = _options()
    try:
        config = Config(
            data=Path(options.data),
            shop_url=options.shop_url,
            secret=options.secret,
            rates={"late": options.late, "refuse": options.refuse, "lost": options.lost},
            seed=options.seed,
            studio=options.studio,
            user=options.user,
        )
    except ValueError as error:
        sys.stderr.write(f"accounting: {error}\n")
        return 2
    signal.signal(signal.SIGTERM, _leave)
    server = make_server(options.host, options.port, build(config), threaded=True)
    sys.stdout.write(f"KeyContabilità demo: http://{options.host}:{server.server_port}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.accounting", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8012)
    parser.add_argument("--data", required=True, metavar="FILE.sqlite")
    parser.add_argument("--shop-url", default="http://127.0.0.1:8000")
    parser.add_argument(
        "--secret",
        default=os.environ.get("PROVISIONING_SECRET", ""),
        help="whsec_…; by default the variable PROVISIONING_SECRET",
    )
    parser.add_argument("--late", type=float, default=0.10, help="share answered later")
    parser.add_argument("--refuse", type=float, default=0.02, help="share refused")
    parser.add_argument("--lost", type=float, default=0.02, help="share whose answer is lost")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--studio", default="CS-0001", help="studio of the deep links")
    parser.add_argument("--user", default="owner@studio-rossi.example", help="e-mail of the links")
    return parser.parse_args()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
