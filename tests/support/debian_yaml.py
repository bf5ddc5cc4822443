"""PyYAML as Debian packages it: when this python3 has none, Debian's own takes the program over; when that has none either,
the program says what it leaves out, and ends well."""
import os, sys


def module(unread):
    try:
        import yaml
        return yaml
    except ImportError:
        debian = "/usr/bin/python3"
        if os.path.exists(debian) and os.path.realpath(sys.executable) != os.path.realpath(debian):
            os.execv(debian, [debian, "-B", *sys.argv])
        print(f"skipped: {unread} were not read, for want of python3-yaml")
        sys.exit(0)
