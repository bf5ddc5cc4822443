#!/usr/bin/env python3
"""port.py free            print a TCP port nobody listens on
port.py check BIND PORT  exit 0 when BIND:PORT can be listened on; else exit 1 and print who holds it (if that shows)"""
import errno
import os
import socket
import sys


def listening_inodes(port):
    """Inodes of the sockets that listen on the port, from the kernel's tables."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as f:
                rows = f.readlines()[1:]
        except OSError:
            continue
        for row in rows:
            col = row.split()
            if col[3] == "0A" and int(col[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(col[9])
    return inodes


def holder(port):
    """'pid N (name)' of the process that listens on the port; None when it belongs to somebody we may not look at."""
    wanted = {f"socket:[{i}]" for i in listening_inodes(port)}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{fd}") in wanted:
                    with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as f:
                        return f"pid {pid} ({f.read().strip()})"
        except OSError:
            continue
    return None


def listen(bind, port):
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((bind, port))
        s.listen(1)
        return s.getsockname()[1]


def main(argv):
    if argv[1:] == ["free"]:
        print(listen("127.0.0.1", 0))
        return 0
    if len(argv) == 4 and argv[1] == "check":
        try:
            listen(argv[2], int(argv[3]))
            return 0
        except OSError as e:
            if e.errno == errno.EADDRINUSE:
                print(f"held by {holder(int(argv[3])) or 'a process of another user'}")
            else:
                print(e.strerror)
            return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
