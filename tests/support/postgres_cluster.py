"""A PostgreSQL server of our own on this machine: Debian's programs, a folder, a port and a password of its own.

`script/postgres` is its command line. Python's standard library only.
"""
import contextlib
import json
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time

from kafka_cluster import free_ports
from real_clickmill import wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SERVER_USER = "postgres"  # who the server is for root, as whom it refuses to run; Debian's package makes it
ROLE, DATABASE = "clickmill", "clickmill"

SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = 64MB
log_min_messages = warning
"""


def programs():
    """The folder of initdb and pg_ctl of Debian's newest PostgreSQL."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found:
        raise SystemExit("PostgreSQL is missing: install Debian's package postgresql-15 (script/setup does)")
    return found[-1].parent


def is_running(pid):
    """Whether the process does something still: one that has ended and waits for its parent does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class PostgresCluster:
    """One server. Port, password and data stay over stops and starts until delete()."""

    is_replica = False

    def __init__(self, name="default", is_synced=True):
        self.is_synced = is_synced
        self.process = None  # where we have started it
        # Root's checkout may be closed to the server's user.
        self.folder = (pathlib.Path(tempfile.gettempdir()) / f"clickmill-postgres-{name}" if os.geteuid() == 0
                       else SOURCE / "build/postgres" / name)
        self.state_file = self.folder / "cluster.json"
        if self.state_file.exists():
            self.state = json.loads(self.state_file.read_text())
        else:
            self.state = {"port": free_ports(1)[0], "password": secrets.token_hex(12)}

    @property
    def url(self):
        return f"postgresql://{ROLE}:{self.state['password']}@127.0.0.1:{self.state['port']}/{DATABASE}"

    @property
    def data(self):
        return self.folder / "data"

    @staticmethod
    def as_server_user(program, *arguments):
        as_user = ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups"]
        return [*(as_user if os.geteuid() == 0 else []), programs() / program, *arguments]

    def run(self, *command, **options):
        """Runs one of its programs as the server's user."""
        done = subprocess.run(self.as_server_user(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=self.folder, **options)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} gave {done.returncode}: {done.stdout[-2000:]}{self.log()}")
        return done.stdout

    def make_folder(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        password_file = self.folder / "password"
        password_file.write_text(self.state["password"])
        if os.geteuid() == 0:
            owner = pwd.getpwnam(SERVER_USER)
            for path in (self.folder, password_file):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        return password_file

    def prepare(self):
        if self.state_file.exists():
            return
        password_file = self.make_folder()
        self.run("initdb", "--pgdata", self.data, "--username", ROLE, "--pwfile", password_file, "--auth", "scram-sha-256",
                 "--encoding", "UTF8", "--locale", "C", "--no-instructions", *([] if self.is_synced else ["--no-sync"]))
        with open(self.data / "postgresql.conf", "a") as settings:
            settings.write(f"{SETTINGS}port = {self.state['port']}\nfsync = {'on' if self.is_synced else 'off'}\n")
        self.state_file.write_text(json.dumps(self.state))

    def start(self):
        """Starts it unless it runs, and waits until it answers."""
        is_new = not self.state_file.exists()
        self.prepare()
        if not self.pid():
            self.launch()
            wait_until(self.answers, "PostgreSQL answers", 60)
        if is_new and not self.is_replica:
            self.sql(f"CREATE DATABASE {DATABASE}", database="postgres")

    def launch(self):
        """As our own child: what is killed and waits for its parent would still look like a running server."""
        # Its output must not be ours: whoever reads that to the end would wait for the server.
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(self.as_server_user("postgres", "-D", self.data), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder, start_new_session=True)

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with {self.process.returncode}: {self.log()}")
        return subprocess.run([programs() / "pg_isready", "--quiet", "--host", "127.0.0.1", "--port",
                               str(self.state["port"])], stdin=subprocess.DEVNULL).returncode == 0

    def reap(self):
        if self.process:
            self.process.wait()
            self.process = None

    def log(self):
        path = self.folder / "server.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""

    def stop(self, mode="fast"):
        if self.pid():
            self.run("pg_ctl", "stop", "--wait", "--mode", mode, "--pgdata", self.data)
            self.reap()

    def kill(self):
        """kill -9 of the server and what it has started: nothing is flushed, nobody is told."""
        while left := self.processes():
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.02)
        self.reap()

    def processes(self):
        """Of the server: each of them works in its data folder."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(process / "cwd") == str(self.data) and is_running(process.name):
                    found.append(int(process.name))
        return found

    def delete(self):
        try:
            self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def pid(self):
        """Of the server, if it runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if is_running(pid) else None

    def sql(self, text, database=DATABASE):
        """Runs statements; their rows, one a line."""
        return self.run("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1",
                        "--command", text, self.url.removesuffix(DATABASE) + database)


class PostgresReplica(PostgresCluster):
    """A streaming replica of a server that runs."""

    is_replica = True

    def __init__(self, primary):
        super().__init__(primary.folder.name.removeprefix("clickmill-postgres-") + "-replica", primary.is_synced)
        self.primary = primary
        self.state["password"] = primary.state["password"]

    def prepare(self):
        if self.state_file.exists():
            return
        self.make_folder()
        self.run("pg_basebackup", "--dbname", self.primary.url, "--pgdata", self.data, "--write-recovery-conf",
                 "--checkpoint", "fast")
        with open(self.data / "postgresql.conf", "a") as settings:  # the last one holds
            settings.write(f"port = {self.state['port']}\n")
        self.state_file.write_text(json.dumps(self.state))
