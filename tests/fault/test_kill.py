#!/usr/bin/env python3
"""kill -9 of each process, the database included, at random moments under load from sixteen clients. After it: no settlement that was
answered is lost, none stands twice, and the books hold."""
import random, time, unittest

import load
from load import h

VICTIMS = ["identity", "enrollment", "settlement", "drg", "gateway", "mariadb"]
SECONDS = float(60 * h.MINUTES)


class Kill(h.Case):
    def test_kill_9(self):
        world = h.World()
        work, rng = load.Load(world), random.Random(h.SEED)
        world.load()
        work.start()
        end, rounds, done = time.monotonic() + SECONDS, 0, []
        try:
            while time.monotonic() < end or len(set(done)) < len(VICTIMS):
                left = [v for v in VICTIMS if v not in done] or VICTIMS
                victims = [rng.choice(left)]
                if rounds % 4 == 3:
                    victims = rng.sample(VICTIMS, 2)            # two at once
                work.progress(rng.randrange(20, 400))
                h.platform("kill", *victims)
                h.platform("start", *sorted(victims, key=["mariadb"].__contains__, reverse=True))
                done += victims
                rounds += 1
                work.progress(50)                               # it goes on, without a restart of anything else
        finally:
            work.stop.set()
            h.platform("start", "mariadb", *VICTIMS[:5])
        work.finish()
        print(f"killed: {' '.join(done)}", flush=True)
        work.compare()


if __name__ == "__main__":
    h.main()
