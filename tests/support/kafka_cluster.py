"""A real Apache Kafka cluster on this machine: one broker or three, each in a folder of its own.

The state lies below build/kafka/NAME, so that one process can start it and another one stop it.
`script/kafka` is its command line. Python's standard library only.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
JARS = SOURCE / "build/tools/kafka/libs"

PROPERTIES = """\
process.roles=broker,controller
node.id={id}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replication}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor={replication}
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor={replication}
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=2000000
log.retention.check.interval.ms=1000
"""

# A listener that asks for a name and a password, encrypted: what a cluster beyond one machine has.
USER, PASSWORD = "clickmill", "only-for-tests"
SECURE = f"""\
listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_{USER}="{PASSWORD}";
listener.name.secure.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={{certificate}}
"""

LOGGING = """\
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1}: %m%n
"""


def free_ports(count):
    """TCP ports that nobody listens on."""
    with contextlib.ExitStack() as open_sockets:
        probes = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class KafkaCluster:
    """Brokers 1 to N. Ports and data stay over stops and starts until delete()."""

    def __init__(self, name="default", brokers=1, is_secure=False):
        self.folder = SOURCE / "build/kafka" / name
        self.state_file = self.folder / "cluster.json"
        if self.state_file.exists():
            self.state = json.loads(self.state_file.read_text())
        else:
            self.state = {"brokers": brokers, "ports": free_ports(3 * brokers), "is_secure": is_secure}

    @property
    def ids(self):
        return range(1, self.state["brokers"] + 1)

    def port(self, broker):
        return self.state["ports"][broker - 1]

    @property
    def certificate(self):
        """What clients of the secure listener trust, and the brokers' key."""
        return self.folder / "brokers.pem"

    @property
    def secure_bootstrap(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.state["ports"][2 * self.state["brokers"]:])

    @property
    def bootstrap(self):
        return self.bootstrap_of(*self.ids)

    def bootstrap_of(self, *brokers):
        return ",".join(f"127.0.0.1:{self.port(broker)}" for broker in brokers)

    # ---- all of them ----

    def start(self, seconds=90):
        """Starts what does not run and waits until every broker answers."""
        self.prepare()
        for broker in self.ids:
            if not self.pid(broker):
                self.launch(broker)
        for broker in self.ids:
            self.wait_until_ready(broker, seconds)

    def stop(self, *brokers, seconds=8):
        """Stops these, or all; those that cannot finish without a quorum are killed."""
        brokers = brokers or self.ids
        for broker in brokers:
            self.signal(broker, signal.SIGCONT)
            self.signal(broker, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while any(map(self.pid, brokers)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for broker in brokers:
            self.kill(broker)

    def delete(self):
        for broker in self.ids:
            self.kill(broker)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- one broker ----

    def launch(self, broker):
        folder = self.folder / f"broker-{broker}"
        heap = ["-Xms96m", "-Xmx512m"] if self.state["brokers"] == 1 else ["-Xms96m", "-Xmx256m"]
        with open(folder / "out.log", "wb") as output:
            process = subprocess.Popen(self.java(folder, *heap, "kafka.Kafka", folder / "server.properties"),
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
                                       start_new_session=True)
        (folder / "pid").write_text(str(process.pid))

    def kill(self, broker):
        """kill -9, without telling anybody."""
        self.signal(broker, signal.SIGKILL)
        while self.pid(broker):
            time.sleep(0.01)

    def pause(self, broker):
        self.signal(broker, signal.SIGSTOP)

    def go_on(self, broker):
        self.signal(broker, signal.SIGCONT)

    def signal(self, broker, number):
        if pid := self.pid(broker):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def pid(self, broker):
        """The broker's process, when it runs and is the one that was started here; else 0."""
        folder = self.folder / f"broker-{broker}"
        try:
            pid = int((folder / "pid").read_text())
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            is_dead = b") Z " in pathlib.Path(f"/proc/{pid}/stat").read_bytes()
        except (OSError, ValueError):
            return 0
        # While the launcher replaces itself, its command line is empty for a moment.
        is_ours = str(folder).encode() in command or not command
        return pid if is_ours and not is_dead else 0

    def wait_until_ready(self, broker, seconds=90):
        output = self.folder / f"broker-{broker}/out.log"
        deadline = time.monotonic() + seconds
        while b"Kafka Server started" not in output.read_bytes():
            if not self.pid(broker) or time.monotonic() > deadline:
                raise SystemExit(f"broker {broker} does not start:\n{output.read_text()[-3000:]}")
            time.sleep(0.05)

    # ---- the folders ----

    def prepare(self):
        subprocess.run([SOURCE / "script/test-jars", "kafka"], check=True)
        if self.state_file.exists():
            return
        if self.state["is_secure"]:
            self.make_certificate()
        for broker in self.ids:
            folder = self.folder / f"broker-{broker}"
            folder.mkdir(parents=True)
            (folder / "server.properties").write_text(self.properties(broker, folder))
            (folder / "log4j2.properties").write_text(LOGGING)
            done = subprocess.run(self.java(folder, "kafka.tools.StorageTool", "format", "-t",
                                            "Y2xpY2ttaWxsLXRlc3RzLQ", "-c", folder / "server.properties", "--add-scram",
                                            f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"),
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"cannot format broker {broker}:\n{done.stdout}{done.stderr}")
        self.state_file.write_text(json.dumps(self.state))

    def properties(self, broker, folder):
        count = self.state["brokers"]
        controllers = self.state["ports"][count:2 * count]
        voters = ",".join(f"{i}@127.0.0.1:{controllers[i - 1]}" for i in self.ids)
        properties = PROPERTIES.format(id=broker, port=self.port(broker), controller_port=controllers[broker - 1],
                                       voters=voters, folder=folder, replication=count)
        if not self.state["is_secure"]:
            return properties
        secure = f"SECURE://127.0.0.1:{self.state['ports'][2 * count + broker - 1]}"
        added = {"listeners": f",{secure}", "advertised.listeners": f",{secure}",
                 "listener.security.protocol.map": ",SECURE:SASL_SSL"}
        lines = [line + added.get(line.split("=")[0], "") for line in properties.splitlines()]
        return "\n".join(lines) + "\n" + SECURE.format(certificate=self.certificate)

    def make_certificate(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kafka",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        self.certificate.write_text(key.read_text() + certificate.read_text())

    @staticmethod
    def java(folder, *words):
        return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
                f"-Dlog4j2.configurationFile={folder}/log4j2.properties", f"-Djava.io.tmpdir={folder}",
                "-cp", f"{JARS}/*", *map(str, words)]
