"""The real program under test: starts and kills `clickmill serve`, asks its API, runs its commands.

Used by tests/crash, tests/recount and benchmarks/load. Python's standard library only.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    """A TCP port that nobody listens on. A server that is killed and started again keeps it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_program(name, given=None):
    """The program `name`: as given, or the newest one in a build folder of this checkout."""
    if given:
        return str(pathlib.Path(given).resolve())
    built = sorted(SOURCE.glob(f"build/*/bin/{name}"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise SystemExit(f"no {name} in build/*/bin: build it first, or name it with an argument")
    return str(built[-1])


def parse_arguments(parser, *others):
    """The arguments of a test: its own, --bin, and one for each other program, which lies beside clickmill."""
    parser.add_argument("--bin", help="clickmill; default: the newest in build/*/bin")
    for name in others:
        parser.add_argument(f"--{name}", help=f"clickmill_{name}; default: beside clickmill")
    options = parser.parse_args()
    options.bin = find_program("clickmill", options.bin)
    for name in others:
        given = getattr(options, name) or pathlib.Path(options.bin).with_name(f"clickmill_{name}")
        setattr(options, name, find_program(f"clickmill_{name}", given))
    return options


def faketime_preload(binary):
    """LD_PRELOAD by which `binary` gets a clock of its own; a sanitizer's runtime has to come before libfaketime."""
    found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise SystemExit("libfaketime is missing: install Debian's package faketime (script/setup does)")
    libraries = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    return ":".join([*re.findall(r"=> (\S*/lib[at]san\S*)", libraries), str(found[0])])


def wait_until(question, what, seconds=30.0, every=0.02):
    """Asks until the answer is true. The answer, or an error that says what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(every)


SANITIZER_REPORT = re.compile(r"^.*(?:ERROR: (?:Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:).*$", re.M)


def sanitizer_report(output):
    """A sanitizer's first report in `output`, less its dump of memory, at most 3,000 characters. None: it is silent."""
    found = SANITIZER_REPORT.search(output)
    return output[found.start():].partition("\nShadow bytes")[0][:3000] if found else None


class Refused(RuntimeError):
    """A question that the server did not answer with 200."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Clickmill:
    """One data folder and the server on it. Ports stay the same over restarts.

    Whoever leaves `with` has the server stopped and its output looked through: a server that ends by itself, with
    another code than 0, or with a sanitizer's report fails the test.
    """

    def __init__(self, binary, data=None, environment=None, arguments=()):
        self.binary = binary
        self.owns_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="clickmill-test-"))
        self.port = free_port()
        self.operations_port = free_port()
        self.environment = {
            **os.environ,
            "CLICKMILL_SERVER__OPERATIONS_LISTEN": f"127.0.0.1:{self.operations_port}",
            "CLICKMILL_COLLECTOR__KEY_EVENTS_PER_SECOND": "10000000",
            "CLICKMILL_COLLECTOR__KEY_BURST_EVENTS": "100000000",
            **(environment or {}),
        }
        self.arguments = list(arguments)
        self.output_path = pathlib.Path(tempfile.mkstemp(prefix="clickmill-output-")[1])
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        try:
            self.end(is_failing=failure is not None)
            self.check_output()
        finally:
            if self.process and self.process.poll() is None:  # does not stop when it is told to
                self.kill()
            self.output_path.unlink(missing_ok=True)
            if self.owns_data:
                shutil.rmtree(self.data, ignore_errors=True)

    # ---- the process ----

    def launch(self):
        """Starts the server without waiting for it."""
        with open(self.output_path, "ab") as output:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}",
                 *self.arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.environment)

    def start(self, seconds=30.0):
        """Starts the server and waits until it takes clicks. Seconds that it took."""
        begin = time.monotonic()
        self.launch()
        wait_until(self.is_ready, f"{self.binary} ready\n{self.output()[-2000:]}", seconds)
        return time.monotonic() - begin

    def is_ready(self):
        self.check_alive()
        try:
            return self.operations("/readyz")[0] == 200
        except OSError:
            return False

    def kill(self):
        """kill -9: nothing is flushed, nobody is told."""
        self.check_alive()
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self, seconds=30.0):
        """A graceful stop, which also lets AddressSanitizer look for leaks."""
        self.check_alive()
        self.process.terminate()
        code = self.process.wait(seconds)
        self.process = None
        if code != 0:
            raise RuntimeError(f"the server stopped with {code}:\n{self.last_words()}")

    def end(self, is_failing=False):
        """Stops what still runs; a test that is failing already has no patience left."""
        if self.process and is_failing:
            self.process.kill()
            self.process.wait()
        elif self.process:
            self.stop()

    def check_alive(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended by itself with {self.process.returncode}:\n{self.last_words()}")

    def check_output(self):
        if report := sanitizer_report(self.output()):
            raise RuntimeError(f"a sanitizer reports in the server:\n{report}")

    def last_words(self):
        return sanitizer_report(self.output()) or self.output()[-2000:]

    def output(self):
        return self.output_path.read_text(errors="replace")

    def keys(self):
        """The write and the read key that the first start prints once it takes clicks."""
        return tuple(self.said(kind + "_[0-9a-f]{32}") for kind in ("wk", "rk"))

    def said(self, pattern):
        """The first text of this pattern that it says; waits for it."""
        return wait_until(lambda: re.search(pattern, self.output()), pattern)[0]

    def run(self, *arguments, **options):
        """Runs another command of the program on the same data folder; its standard output."""
        done = subprocess.run([self.binary, *arguments, "--data", str(self.data)], env=self.environment,
                              capture_output=True, text=True, **options)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(arguments)} gave {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    # ---- what it says ----

    def request(self, method, path, body=None, headers=None, port=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
        finally:
            connection.close()

    def operations(self, path):
        status, _, body = self.request("GET", path, port=self.operations_port, timeout=5)
        return status, body.decode()

    def send(self, key, events, **fields):
        """Posts events; (status, headers, answer)."""
        status, headers, body = self.request("POST", "/v1/events",
                                             json.dumps({"key": key, "events": events, **fields}))
        return status, headers, json.loads(body)

    def ask(self, path, read_key, **parameters):
        """A question of the query API; its answer, or an error with what the server said."""
        query = urllib.parse.urlencode(parameters)
        status, _, body = self.request("GET", f"/api/v1/{path}?{query}",
                                       headers={"Authorization": f"Bearer {read_key}"})
        if status != 200:
            raise Refused(status, f"{path}?{query} gave {status}: {body.decode(errors='replace')[:500]}")
        return json.loads(body)

    def wait_until_counted(self, read_key, seconds=60.0):
        """Waits until everything accepted is folded; the accounting. 503: the store is being built anew."""
        def answer():
            try:
                accounting = self.ask("accounting", read_key)
            except Refused as refused:
                if refused.status != 503:
                    raise
                return None
            return accounting if accounting["pending"] == 0 else None
        return wait_until(answer, "pending = 0", seconds)
