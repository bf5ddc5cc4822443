#!/usr/bin/env python3
"""SIGTERM of each service under load: what was sent is answered; nobody sees a failed request. While a service is away, requests wait for
it; while the gateway is away, nobody can connect, but no connection breaks with a request on it."""
import unittest

import load
from load import h

ROUNDS = max(1, int(2 * h.MINUTES))


class Drain(h.Case):
    def test_sigterm(self):
        world = h.World()
        work = load.Load(world)
        world.load()
        work.start()
        seen = {}
        try:
            for name in ("settlement", "enrollment", "identity", "drg", "gateway") * ROUNDS:
                work.progress(100)
                before = len(work.trouble)
                h.platform("stop", name)
                h.platform("start", name)
                work.progress(100)
                seen.setdefault(name, []).extend(work.trouble[before:])
        finally:
            work.stop.set()
            h.platform("start", "identity", "enrollment", "settlement", "drg", "gateway")
        work.finish()
        work.compare()
        for name, trouble in seen.items():
            with self.subTest(stopped=name):
                self.assertEqual(trouble, [], f"{len(trouble)} requests failed while {name} was restarted")


if __name__ == "__main__":
    h.main()
