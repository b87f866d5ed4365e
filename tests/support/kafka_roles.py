"""Clickmill as separate processes on a real Kafka: collect, aggregate and query, on one data folder or, with a control
store that they share, each on its own as on machines of their own."""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile

from kafka_cluster import PASSWORD, USER, KafkaCluster
from real_clickmill import Clickmill, Refused, wait_until

TOPIC = "clicks"
GROUP = "aggregators"


def secure_settings(cluster, mechanism="SCRAM-SHA-512", password=PASSWORD):
    """For the listener that asks for a name and a password."""
    return {"CLICKMILL_KAFKA__SETTINGS": f"security.protocol=SASL_SSL,ssl.ca.location={cluster.folder}/certificate.pem,"
                                         f"sasl.mechanism={mechanism},sasl.username={USER},sasl.password={password}"}


class RoleProcess(Clickmill):
    """One role. Ports stay the same over restarts."""

    def __init__(self, binary, role, data, environment):
        super().__init__(binary, data=data, environment=environment)
        self.role = role

    def launch(self):
        listen = [] if self.role in ("aggregate", "archive") else ["--listen", f"127.0.0.1:{self.port}"]
        with open(self.output_path, "ab") as output:
            self.process = subprocess.Popen([self.binary, self.role, "--data", str(self.data), *listen],
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env=self.environment)


class RolesOnKafka:
    """A cluster with the topic, and one process of each role."""

    def __init__(self, binary, name, brokers=1, partitions=4, settings=None, is_secure=False):
        self.cluster = KafkaCluster(name, brokers, is_secure)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="clickmill-kafka-"))
        replication = min(brokers, 3)
        self.environment = {
            "CLICKMILL_EVENT_LOG__BACKEND": "kafka",
            "CLICKMILL_KAFKA__BROKERS": self.cluster.secure_bootstrap if is_secure else self.cluster.bootstrap,
            "CLICKMILL_KAFKA__TOPIC": TOPIC,
            "CLICKMILL_KAFKA__GROUP": GROUP,
            "CLICKMILL_KAFKA__PARTITIONS": str(partitions),
            "CLICKMILL_KAFKA__REPLICATION": str(replication),
            "CLICKMILL_KAFKA__MIN_INSYNC_REPLICAS": str(1 if brokers == 1 else 2),
            **(secure_settings(self.cluster) if is_secure else {}),
            **(settings or {}),
        }
        self.binary = binary
        self.query, self.aggregate, self.collect = map(self.process, ("query", "aggregate", "collect"))

    def __enter__(self):
        try:
            self.cluster.start()
            self.collect.run("topics", "create")
            for process in self.roles:
                process.launch()
            for process in self.roles:
                wait_until(process.is_ready, f"{process.role} ready", 60)
            wait_until(lambda: "listening on" in self.query.output(), "the keys")
            self.write_key, self.read_key = self.query.keys()
            wait_until(self.answers, "the aggregator has set the rollups up")
        except BaseException as failure:
            print("\n".join(process.output()[-2000:] for process in self.roles))
            self.__exit__(type(failure))
            raise
        return self

    def __exit__(self, failure, *details):
        with contextlib.ExitStack() as ends:  # each is ended, whatever another one says at its end
            ends.callback(shutil.rmtree, self.folder, ignore_errors=True)
            ends.callback(self.cluster.delete)
            for process in reversed(self.roles):
                ends.callback(process.__exit__, failure, *details)

    def process(self, role, number=0):
        """A process of this role; one of a machine of its own for each number where machines share nothing but servers."""
        is_alone = "CLICKMILL_CONTROL__URL" in self.environment
        data = self.folder / (f"data-{role}-{number}" if is_alone else "data")
        return RoleProcess(self.binary, role, data, self.environment)

    def answers(self):
        try:
            return self.query.ask("accounting", self.read_key)
        except Refused:
            return False

    @property
    def roles(self):
        return (self.collect, self.aggregate, self.query)
