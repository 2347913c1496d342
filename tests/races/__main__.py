"""`python -m tests.races NAME ROUNDS CONTENDERS`: one race on the database of DATABASE_URL; prints JSON."""

import json
import os
import sys

from tests.races.contest import racing_app
from tests.races.service_races import RACES

if __name__ == "__main__":
    name, rounds, contenders = sys.argv[1:4]
    with racing_app(os.environ["DATABASE_URL"]) as app:
        tally = RACES[name](app, int(rounds), int(contenders))
    print(json.dumps({"broken": tally.broken, "line": tally.line(name)}))
