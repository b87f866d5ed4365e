"""A ClickHouse engine behind HTTP on this machine (tests/clickhouse/server.py) that tests start, kill and start again.

Python's standard library only; the engine is in a Python of its own, which script/setup makes.
"""
import json
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import urllib.request

from real_clickmill import wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PYTHON = SOURCE / "build/tools/clickhouse/bin/python"
USER = "clickmill"


class ClickHouseServer:
    """One engine. Port, password and data stay over stops and starts until delete()."""

    def __init__(self):
        if not PYTHON.exists():
            raise SystemExit("ClickHouse's engine is missing: run script/setup")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="clickmill-clickhouse-"))
        self.password = secrets.token_hex(12)
        self.port = 0
        self.process = None

    @property
    def url(self):
        return f"clickhouse://{USER}:{self.password}@127.0.0.1:{self.port}/default"

    def start(self):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, SOURCE / "tests/clickhouse/server.py", "--folder", self.folder / "data", "--port", str(self.port),
                 "--port-file", port_file, "--password", self.password],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: self.answers(port_file), "ClickHouse's engine answers", 60)
        self.port = int(port_file.read_text())

    def answers(self, port_file):
        if self.process.poll() is not None:
            log = (self.folder / "server.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"ClickHouse's engine ended with {self.process.returncode}: {log}")
        return port_file.exists()

    def kill(self):
        """kill -9: nothing is flushed, nobody is told."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def delete(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fault(self, **fault):
        """Of the changes that come from now on; without arguments none (server.py says which)."""
        self.post("/fault", json.dumps(fault).encode())

    def sql(self, text, database="default"):
        """Runs a statement; its rows, one a line."""
        return self.post(f"/?database={database}&default_format=TabSeparated", text.encode()).decode().strip("\n")

    def post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method="POST",
                                         headers={"X-ClickHouse-Key": self.password})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
