#!/usr/bin/env python3
"""Three MariaDB nodes, load from eight clients, and the node that writes killed (-9), brought back, emptied and filled anew, and stopped. Nothing that was
answered is lost, nothing stands twice, the books hold, and in the end all three nodes have the same rows. It starts the cluster and the platform."""
import os, shutil, sys, time, unittest

import cluster
sys.path.insert(0, os.path.join(cluster.SOURCE, "tests", "fault"))
import load
from load import h

WITHOUT_KEY = ("SELECT t.table_schema, t.table_name FROM information_schema.tables t LEFT JOIN information_schema.table_constraints c ON"
               " c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY'"
               " WHERE t.table_schema LIKE 'yibao\\_%' AND t.table_type = 'BASE TABLE' AND c.constraint_name IS NULL")
USERS = "SELECT DISTINCT user FROM information_schema.processlist WHERE user LIKE 'yibao\\_%' ORDER BY 1"
C = WORK = None


def setUpModule():
    global C, WORK
    C = cluster.Cluster(os.environ["YB_HOME"])
    unittest.addModuleCleanup(C.end)
    C.start()
    os.environ.update(YB_DB_HOST=C.hosts, YB_DB_SOCKET="")
    unittest.addModuleCleanup(lambda: h.platform("stop", "gateway", *reversed(cluster.SERVICES)))
    h.platform("up")
    world = h.World()
    WORK = load.Watched(world, clients=8)
    world.load()


def alive():
    return [n for n in C.nodes if n.process.poll() is None]


def writers():
    """The node that writes, of each schema; None: of one that is gone."""
    rows = {s: alive()[0].query(f"SELECT node FROM yibao_{s}.writer_node")[0][0] for s in cluster.SERVICES}
    return {s: next((n for n in alive() if at == f"127.0.0.1:{n.port}"), None) for s, at in rows.items()}


def all_speak_to_writers():
    """Waits until each service has connections to the node that writes for it, and to no other."""
    def holds():
        at = {n: {r[0] for r in n.query(USERS)} for n in alive()}
        return all(w is not None and {n for n in at if f"yibao_{s}" in at[n]} == {w} for s, w in writers().items())
    h.until("each service speaks to its writer only", holds, 120)


class Galera(h.Case):
    def lose(self, node, how):
        """A node goes under load; what the clients saw of it."""
        begun = time.monotonic()
        how()
        WORK.progress(200)
        seconds, failed = WORK.window(begun)
        all_speak_to_writers()
        print(f"{node} {how.__name__}: {seconds:.2f} s, {failed} messages sent again; now {writers()['settlement']} writes", flush=True)
        return seconds

    def come_back(self, node, *options):
        node.start(*options)
        node.await_synced()
        h.until("three nodes", lambda: node.status("wsrep_cluster_size") == "3", 120)
        WORK.progress(50)

    def test_1_every_table_has_a_primary_key(self):
        """Galera tells rows apart by it; a table without one is applied by searching the whole of it."""
        self.assertEqual(C.nodes[2].query(WITHOUT_KEY), [])
        self.assertGreater(len(C.tables(C.nodes[2])), 30)

    def test_2_nodes_lost_under_load(self):
        WORK.start()
        WORK.progress(200)
        all_speak_to_writers()
        first = writers()["settlement"]
        worst = self.lose(first, first.kill)
        at = writers()
        self.come_back(first)                   # from what the others kept of its absence (IST)
        h.platform("kill", "settlement")        # a service that comes anew asks the first of its list, and is sent on
        h.platform("start", "settlement")
        WORK.progress(50)
        all_speak_to_writers()
        self.assertEqual(writers(), at)         # who writes goes on writing

        second = at["settlement"]
        empty = next(n for n in C.nodes if n not in (first, second))
        empty.kill()
        shutil.rmtree(empty.data)
        self.come_back(empty, f"--wsrep-sst-donor=node{first.number}")     # all of it (SST), from one that does not write

        worst = max(worst, self.lose(second, second.stop))
        self.come_back(second)
        moved = next(n for n in C.nodes if n not in (second, writers()["settlement"]))
        moved.query(f"UPDATE yibao_settlement.writer_node SET node = '127.0.0.1:{moved.port}'")
        all_speak_to_writers()                  # who is not the writer any more notices between two transactions
        self.assertIs(writers()["settlement"], moved)
        WORK.progress(100)
        WORK.finish()
        print(f"galera_error_window_s {worst:.2f} s", flush=True)

    def test_3_what_was_told_is_what_stands(self):
        told = {r["setlinfo"]["setl_id"] for e in WORK.settled for r in (e["out"], e["gone"]) if r}
        stands = {r[0] for r in C.nodes[0].query(f"SELECT setl_id FROM yibao_settlement.settlement WHERE fixmedins_code = '{WORK.code}'")}
        print(f"settlements {len(told)} answered\nlost {len(told - stands)} settlements\ndoubled {len(stands - told)} settlements", flush=True)
        self.assertEqual(told, stands)
        WORK.compare()

    def test_4_all_nodes_have_the_same_rows(self):
        h.platform("stop", "gateway", *reversed(cluster.SERVICES))
        first, count = C.nodes[0], 0
        for table in C.tables(first):
            rows = C.rows(first, table)
            count += len(rows)
            for n in C.nodes[1:]:
                other = C.rows(n, table)
                self.assertTrue(rows == other, f"{table} of {n}: {sorted(set(rows) ^ set(other))[:4]}")
        self.assertGreater(count, 10000)
        print(f"{count} rows, the same on three nodes", flush=True)


if __name__ == "__main__":
    try:
        h.main()
    finally:
        if C is not None and WORK is not None and WORK.errors:
            print("\n".join(WORK.errors[:5]), flush=True)
