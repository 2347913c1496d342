"""The weather of a storm: letters doubled, shuffled, answered in vain and lost; a vendor that fails; a clock that runs.

Time runs fast, because lost letters are made good by rounds of business time; back-off, in real time, is cut short.
"""

import random
import threading
from contextlib import suppress

import psycopg

from sandbox.stripe.delivery import DeliveryMode, Postman
from tests.crash.world import World

EVERY = 1.0
# One second in so many is dark: nothing is delivered, and of what was not, this share never will be.
DARK_EVERY, SHARE_LOST = 4, 0.6
# The vendor's outcomes by share: an error, made but silent, made but the answer lost, made later and called back.
VENDOR = {"error500": 0.05, "timeout": 0.05, "lost": 0.05, "late": 0.15}
STEP = "5 minutes"
STEPS_EVERY = 3
_RUN_ON = f"""
    INSERT INTO clock_shift ("only", shift) VALUES (true, interval '{STEP}')
    ON CONFLICT ("only") DO UPDATE SET shift = clock_shift.shift + excluded.shift
"""  # noqa: S608 - a constant of ours
_UNHEARD = """
    SELECT id FROM deliveries d WHERE state = 'pending' AND attempts > 0
    AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.delivery = d.id AND a.status IS NOT NULL)
"""
HURRY = """
    UPDATE procrastinate_jobs SET scheduled_at = now()
    WHERE status = 'todo' AND scheduled_at > now() + make_interval(secs => %s)
"""


class Weather:
    """Blows until it is told to stop; `lost` counts the letters nobody will deliver."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._seed = world, seed
        self._chance = random.Random(seed)  # noqa: S311 - a seeded choice of letters
        self._stop, self._calm = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._blow, name="weather", daemon=True)
        self.lost = 0

    def start(self) -> None:
        """Let it blow."""
        self._world.order_of_vendor(rates=VENDOR)
        self._deliver(dark=False)
        self._thread.start()

    def calm(self) -> None:
        """From now on every letter arrives and the vendor is well; time still runs on."""
        self._calm.set()
        self._world.order_of_vendor(rates=dict.fromkeys(VENDOR, 0.0))
        self._postman.change_mode(DeliveryMode())

    def end(self) -> None:
        """Stop the clock's running, too."""
        self._stop.set()
        self._thread.join(10)

    @property
    def _postman(self) -> Postman:
        return self._world.simulator.simulator.postman

    def _deliver(self, *, dark: bool) -> None:
        """Letters come twice and shuffled, and are sent once more though they were answered; in the dark none comes."""
        seed = self._chance.randrange(2**31)
        self._postman.change_mode(
            DeliveryMode(seed=seed, shuffle=True, duplicates=1, answer_lost=0 if dark else 1, drop_all=dark)
        )

    def _blow(self) -> None:
        turn = 0
        while not self._stop.wait(EVERY):
            turn += 1
            if not self._calm.is_set():
                if turn % DARK_EVERY == 1:
                    self._lose()
                self._deliver(dark=turn % DARK_EVERY == 0)
            with suppress(psycopg.Error), self._world.connect() as owner:
                owner.execute(HURRY, (EVERY,))
                if turn % STEPS_EVERY == 0:
                    owner.execute(_RUN_ON)

    def _lose(self) -> None:
        """Some of the letters nobody has received are given up, as Stripe does after three days."""
        store = self._world.simulator.simulator.world.store
        for row in store.rows(_UNHEARD):
            if self._chance.random() < SHARE_LOST:
                store.rows("UPDATE deliveries SET state = 'failed' WHERE id = ?", (row["id"],))
                self.lost += 1
