"""Run the invoicing service: `python -m sandbox.invoicing --help`."""

import argparse
import signal
import sys
from types import FrameType

from werkzeug.serving import make_server

from sandbox.invoicing import Consents, build


def main() -> int:
    """Serve until told to stop."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)
    consents = Consents(options.shop_url, options.client_secret)
    server = make_server(options.host, options.port, build(consents), threaded=True)
    print(f"Fatturazione di prova: http://{options.host}:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.invoicing", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8019)
    parser.add_argument("--shop-url", required=True, help="the only address people are sent back to")
    parser.add_argument("--client-secret", default="sandbox-only-client-secret-of-invoicing")
    return parser.parse_args()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
