"""A server of S3's protocol (S3Proxy) on a folder of its own, and a proxy in front of it that has bad days."""
import pathlib
import random
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

from real_clickmill import free_port, wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[2]
JARS = SOURCE / "build/tools/s3/libs"
KEYS = {"AWS_ACCESS_KEY_ID": "a-key-for-tests", "AWS_SECRET_ACCESS_KEY": "its-secret"}
BUCKET = "clickmill"
PROPERTIES = """\
s3proxy.endpoint={endpoint}
s3proxy.authorization=aws-v2-or-v4
s3proxy.identity={AWS_ACCESS_KEY_ID}
s3proxy.credential={AWS_SECRET_ACCESS_KEY}
jclouds.provider=filesystem-nio2
jclouds.identity=unused
jclouds.credential=unused
jclouds.filesystem.basedir={objects}
"""
LOG_LITTLE = """\
<configuration>
  <appender name="STDERR" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%msg%n</pattern></encoder></appender>
  <root level="warn"><appender-ref ref="STDERR"/></root>
</configuration>
"""


class S3Server:
    """Checks signatures, as Amazon's does. Its objects are files below `objects`."""

    def __init__(self):
        subprocess.run([SOURCE / "script/test-jars", "s3"], check=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="clickmill-s3-"))
        self.objects = self.folder / "objects" / BUCKET
        self.objects.mkdir(parents=True)
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        (self.folder / "properties").write_text(PROPERTIES.format(endpoint=self.endpoint,
                                                                  objects=self.objects.parent, **KEYS))
        (self.folder / "logback.xml").write_text(LOG_LITTLE)
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen(
                ["java", "-Xmx256m", f"-Dlogback.configurationFile={self.folder / 'logback.xml'}", "-cp", f"{JARS}/*",
                 "org.gaul.s3proxy.Main", "--properties", self.folder / "properties"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(self.is_ready, "the server of S3's protocol", 60)

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "output").read_text(errors="replace")[-2000:])
        try:
            with urllib.request.urlopen(self.endpoint + "/", timeout=2):
                return True
        except urllib.error.HTTPError:  # it wants a signature, so it is there
            return True
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class BadDays:
    """A proxy on a port of its own. While `chance` is above 0, it answers so many of the requests with 500, 503 SlowDown
    or nothing, cuts the connection in the middle of what is sent either way, or does the work and loses the answer."""

    KINDS = ("500", "503", "silence", "cut request", "cut answer", "lost answer")

    def __init__(self, port, seed):
        self.target = port
        self.dice = random.Random(seed)
        self.chance = 0.0
        self.kinds = self.KINDS
        self.counts = dict.fromkeys(self.KINDS, 0)
        self.mutex = threading.Lock()
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                proxy.handle(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address = True, True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def draw(self):
        with self.mutex:
            if self.dice.random() >= self.chance:
                return None
            kind = self.dice.choice(self.kinds)
            self.counts[kind] += 1
            return kind

    def handle(self, client):
        """One request a connection: the answer says so."""
        client.settimeout(60)
        try:
            head, body = read_head(client)
            if head is None:
                return
            kind = self.draw()
            if kind == "silence":
                wait_for_end(client)
            elif kind in ("500", "503"):
                read_body(client, head, body)
                client.sendall(refusal(kind))
            elif kind == "cut request":
                client.recv(1 << 16)
            else:
                answer = self.ask(head, read_body(client, head, body))
                if kind == "cut answer":
                    answer = answer[:len(answer) // 2]
                if kind != "lost answer":
                    client.sendall(answer)
        except OSError:
            pass  # whoever asked has gone

    def ask(self, head, body):
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        lines.insert(1, b"Connection: close")
        # The host is part of what is signed: it stays that of the proxy.
        with socket.create_connection(("127.0.0.1", self.target), timeout=60) as server:
            server.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            answer = b""
            while more := server.recv(1 << 16):
                answer += more
        return answer


def read_head(client):
    received = b""
    while b"\r\n\r\n" not in received:
        more = client.recv(1 << 16)
        if not more:
            return None, b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def read_body(client, head, body):
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                   if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        more = client.recv(1 << 16)
        if not more:
            raise OSError("the request is not whole")
        body += more
    return body


def wait_for_end(client):
    while client.recv(1 << 16):
        pass


def refusal(kind):
    code = "InternalError" if kind == "500" else "SlowDown"
    body = f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>not now</Message></Error>".encode()
    return (f"HTTP/1.1 {kind} x\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n").encode() + body
