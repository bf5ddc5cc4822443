"""Three MariaDB nodes of one Galera cluster on loopback, with the configuration that deploy/ has: mariadbd as Debian ships it, each node with a folder
and ports of its own. They end with the program that started them."""
import getpass, os, re, shutil, socket, subprocess, sys, time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "integration"))
import hospital as h

SERVICES = ("identity", "enrollment", "settlement", "drg")
PROVIDER = "/usr/lib/galera/libgalera_smm.so"


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for s in held:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def sst_path():
    """The folder of wsrep_sst_rsync. Debian has it in mariadb-server, which would leave a service behind: unpacked, not installed."""
    if shutil.which("wsrep_sst_rsync"):
        return os.path.dirname(shutil.which("wsrep_sst_rsync"))
    folder = os.path.join(SOURCE, "build", "galera-sst")
    if not os.path.exists(os.path.join(folder, "usr", "bin", "wsrep_sst_rsync")):
        os.makedirs(folder, exist_ok=True)
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "mariadb-server-core"], capture_output=True, text=True, check=True).stdout
        for package in (f"mariadb-server={version}", "mariadb-server"):
            if subprocess.run(["apt-get", "-q", "download", package], cwd=folder, stdin=subprocess.DEVNULL, check=False).returncode == 0:
                break
        (deb,) = [f for f in os.listdir(folder) if f.endswith(".deb")]
        subprocess.run(["dpkg", "-x", deb, "."], cwd=folder, check=True)
        os.remove(os.path.join(folder, deb))
    return os.path.join(folder, "usr", "bin")


class Node:
    def __init__(self, cluster, number, ports):
        self.cluster, self.number = cluster, number
        self.port, self.group, self.ist, self.sst = ports
        self.dir = os.path.join(cluster.dir, str(number))
        self.data, self.socket = os.path.join(self.dir, "data"), os.path.join(self.dir, "db.sock")
        self.log = os.path.join(cluster.home, "log", f"galera-{number}.log")
        self.process = None
        os.makedirs(os.path.join(self.dir, "tmp"), mode=0o700)

    def __repr__(self):
        return f"node {self.number}"

    def write_config(self, sst_method):
        def shipped(*path):
            with open(os.path.join(SOURCE, "deploy", *path), encoding="utf-8") as f:
                return f.read()
        galera = shipped("galera", "galera.cnf")
        options = re.search(r"^wsrep-provider-options=(.*)$", galera, re.M).group(1).replace("gcache.size=512M", "gcache.size=64M")
        peers = ",".join(f"127.0.0.1:{n.group}" for n in self.cluster.nodes)
        own = f"""
[mariadbd]
datadir={self.data}
socket={self.socket}
pid-file={self.dir}/pid
tmpdir={self.dir}/tmp
port={self.port}
bind-address=127.0.0.1
innodb-buffer-pool-size=128M
innodb-log-file-size=64M
wsrep-node-name=node{self.number}
wsrep-node-address=127.0.0.1:{self.group}
wsrep-node-incoming-address=127.0.0.1:{self.port}
wsrep-cluster-address=gcomm://{peers}
wsrep-sst-method={sst_method}
wsrep-sst-receive-address=127.0.0.1:{self.sst}
wsrep-provider-options={options};gmcast.listen_addr=tcp://127.0.0.1:{self.group};ist.recv_addr=127.0.0.1:{self.ist}
"""
        with open(os.path.join(self.dir, "my.cnf"), "w", encoding="utf-8") as f:
            f.write(shipped("mariadb", "yibao.cnf") + galera + own)

    def server(self, *options):
        return ["/usr/sbin/mariadbd", f"--defaults-file={self.dir}/my.cnf", f"--user={getpass.getuser()}", *options]

    def recovered(self):
        """What Debian's galera_recovery does before a start: where a node that was killed stands in the order of writes."""
        if not os.path.exists(os.path.join(self.data, "grastate.dat")):
            return []
        log = os.path.join(self.dir, "recover.log")
        subprocess.run(self.server("--wsrep-recover", f"--log-error={log}"), env=self.cluster.env, check=False, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(log, encoding="utf-8", errors="replace") as f:
            found = re.findall(r"Recovered position:? *(\S+)", f.read())
        os.remove(log)
        return [f"--wsrep-start-position={found[-1]}"] if found else []

    def start(self, *options):
        os.makedirs(self.data, exist_ok=True)
        at = self.recovered()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.server(*at, *options)], env=self.cluster.env,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def await_synced(self):
        h.until(f"{self} is synced", self.is_synced, 240)      # Debian's script that fills a node has a thousand forks

    def is_synced(self):
        assert self.process.poll() is None, f"{self} ended with {self.process.returncode}:\n{self.tail()}"
        return self.status("wsrep_local_state_comment") == "Synced"

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()[-4000:]

    def status(self, name):
        rows = self.query(f"SHOW GLOBAL STATUS LIKE '{name}'", check=False)
        return rows[0][1] if rows else None

    def query(self, statements, check=True):
        r = subprocess.run(["mariadb", f"--defaults-file={self.cluster.dir}/client.cnf", f"--socket={self.socket}", "--batch",
                            "--skip-column-names", "--connect-timeout=5"], capture_output=True, text=True, errors="backslashreplace", check=False, input=statements)
        assert r.returncode == 0 or not check, f"{self}: {r.stderr[-1000:]}"
        return [line.split("\t") for line in r.stdout.split("\n")[:-1]] if r.returncode == 0 else []

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Cluster:
    def __init__(self, home):
        self.home, self.dir = home, os.path.join(home, "galera")
        self.env = {**os.environ, "PATH": f"{self.dir}/bin:{sst_path()}:/usr/sbin:{os.environ['PATH']}"}
        os.makedirs(os.path.join(self.dir, "bin"), mode=0o700)
        os.makedirs(os.path.join(home, "log"), mode=0o700, exist_ok=True)
        ports = free_ports(12)
        self.nodes = []
        self.nodes += [Node(self, i, ports[4 * i:4 * i + 4]) for i in range(3)]
        self.hosts = ",".join(f"127.0.0.1:{n.port}" for n in self.nodes)

    def sst_method(self):
        """rsync's daemon writes as nobody when root starts it. A database server is not started by root, a test may be: a copy that says otherwise."""
        if os.getuid() != 0:
            return "rsync"
        shutil.copy(os.path.join(sst_path(), "wsrep_sst_common"), os.path.join(self.dir, "bin"))
        with open(os.path.join(sst_path(), "wsrep_sst_rsync"), encoding="utf-8") as f:
            script = f.read().replace("rsync --daemon ", "rsync --daemon --dparam=uid=0 --dparam=gid=0 ")
        with open(os.open(os.path.join(self.dir, "bin", "wsrep_sst_rsync_root"), os.O_WRONLY | os.O_CREAT, 0o700), "w", encoding="utf-8") as f:
            f.write(script)
        return "rsync_root"

    def start(self):
        first = self.nodes[0]
        method = self.sst_method()
        for n in self.nodes:
            n.write_config(method)
        with open(os.path.join(self.dir, "client.cnf"), "w", encoding="ascii") as f:
            f.write("[client]\nuser=root\ndefault-character-set=utf8mb4\n")
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={first.data}", f"--tmpdir={first.dir}/tmp", f"--user={getpass.getuser()}",
                        "--auth-root-authentication-method=normal", "--force", "--skip-test-db", "--skip-name-resolve",
                        "--innodb-log-file-size=64M"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        first.start("--wsrep-new-cluster")
        first.await_synced()
        self.make_users(first)
        first.stop()
        for n in self.nodes[1:]:                # all begin at the same place, so that nothing has to be sent
            shutil.copytree(first.data, n.data, ignore=shutil.ignore_patterns("galera.cache", "gvwstate.dat"))
        first.start("--wsrep-new-cluster")
        first.await_synced()
        for n in self.nodes[1:]:
            n.start()
        for n in self.nodes[1:]:
            n.await_synced()

    def make_users(self, node):
        secrets = os.path.join(self.home, "secrets")
        os.makedirs(secrets, mode=0o700, exist_ok=True)
        for s in SERVICES:
            with open(os.open(os.path.join(secrets, f"db-{s}"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as f:
                f.write(os.urandom(24).hex())
        node.query(subprocess.run(["bash", "-c", f'. "{SOURCE}/deploy/mariadb/service-sql.sh"; service_sql % "$@"', "service_sql", secrets, *SERVICES],
                                  capture_output=True, text=True, check=True).stdout)

    def end(self):
        for n in self.nodes:
            if n.process is not None and n.process.poll() is None:
                n.kill()

    # --- what must be the same on all ----

    def tables(self, node):
        return [".".join(r) for r in node.query("SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema LIKE 'yibao\\_%'"
                                                " AND table_type = 'BASE TABLE' ORDER BY 1, 2")]

    def rows(self, node, table):
        """All of a table, in one order on every node. CHECKSUM TABLE would not do: it counts bytes of a row that mean nothing."""
        return sorted("\t".join(r) for r in node.query(f"SET SESSION wsrep_sync_wait=1; SELECT * FROM {table};"))
