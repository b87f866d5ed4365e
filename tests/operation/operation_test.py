#!/usr/bin/env python3
"""What an operator meets: settings and their errors, one server a folder, a graceful stop, logs, sign-in, privacy."""
import argparse
import json
import os
import pathlib
import pty
import re
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import real_clickmill
from real_clickmill import Clickmill, wait_until

BINARY = ""
CLICK = {"feature_id": "checkout.pay", "user_id": "u1"}


def clickmill(*arguments, **environment):
    """A command by itself: exit code, standard output and error together."""
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **environment})
    return done.returncode, done.stdout + done.stderr


class SettingsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="clickmill-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, text):
        path = self.folder / "clickmill.toml"
        path.write_text(text)
        return str(path)

    def test_every_wrong_value_is_named_with_its_line(self):
        path = self.file('[server]\nlisten = "nowhere"\nlistne = "x"\nthreads = 999\n'
                         'trusted_proxies = ["10.0.0.300"]\n[collector]\npage_patterns = [""]\n'
                         'geo_file = "/nowhere.mmdb"\n[[rollup]]\nname = "Bad Name"\n')
        for command in (("config", "check"), ("config", "print"), ("serve",)):
            code, said = clickmill(*command, "--config", path)
            self.assertEqual(code, 2, command)
            for line, what in ((2, "HOST:PORT is wanted"), (3, "did you mean server.listen?"),
                               (4, "a number from 0 to 256"), (5, "10.0.0.300"), (7, "/product/:id"),
                               (8, "there is no such file"), (9, "at most 40")):
                self.assertRegex(said, f"{re.escape(path)} line {line}: .*{re.escape(what)}")

    def test_the_environment_wins_and_is_named_when_it_is_wrong(self):
        path = self.file('[server]\npublic_url = "https://a.example"\n')
        code, said = clickmill("config", "print", "--config", path,
                               CLICKMILL_SERVER__PUBLIC_URL="https://b.example")
        self.assertEqual(code, 0)
        self.assertIn('public_url = "https://b.example"  # CLICKMILL_SERVER__PUBLIC_URL', said)
        code, said = clickmill("config", "check", "--config", path, CLICKMILL_SERVER__PUBLIC_URL="b.example")
        self.assertEqual(code, 2)
        self.assertIn("CLICKMILL_SERVER__PUBLIC_URL: cannot use server.public_url", said)

    def test_an_address_that_is_taken_is_told_with_its_setting(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            code, said = clickmill("serve", "--data", str(self.folder / "data"), "--listen", "127.0.0.1:0",
                                   CLICKMILL_SERVER__OPERATIONS_LISTEN=address)
        self.assertEqual(code, 1)
        self.assertIn(address, said)
        self.assertIn("server.operations_listen", said)

    def test_every_command_has_an_example(self):
        for command in ("serve", "project add", "key add", "key disable", "user add", "config check", "demo",
                        "rollup list", "log cat", "doctor", "feature set", "feature import", "store copy", "store migrate",
                        "control copy"):
            code, said = clickmill(*command.split(), "--help")
            self.assertEqual(code, 0, command)
            self.assertIn(f"Example:\n  clickmill {command}", said)


    def test_a_catalogue_is_written_exported_and_imported(self):
        data = ("--data", str(self.folder / "data"))
        self.assertEqual(clickmill("project", "add", "shop", *data)[0], 0)
        self.assertEqual(clickmill("project", "add", "blog", *data)[0], 0)
        code, said = clickmill("feature", "set", "shop", "pay", "--name", "=Pay", "--tag", "a", "--tag", "b", *data)
        self.assertEqual((code, said), (0, "changed\n"))
        code, said = clickmill("feature", "set", "shop", "pay", "--owner", "ann", "--name", "", *data)
        self.assertEqual((code, said), (0, "changed\n"))
        code, text = clickmill("feature", "export", "shop", *data)
        self.assertEqual((code, text.splitlines()[1]), (0, '"pay","","","ann","a;b","live",""'))
        file = self.folder / "features.csv"
        file.write_text(text)
        code, said = clickmill("feature", "import", "blog", str(file), *data)
        self.assertEqual((code, said), (0, "1 of 1 features are changed, the others were so already\n"))
        self.assertEqual(clickmill("feature", "export", "blog", *data)[1], text)
        file.write_text(text + '"buy","","","","","gone",""\r\n')
        code, said = clickmill("feature", "import", "blog", str(file), *data)
        self.assertEqual(code, 2)
        self.assertIn("line 3: state 'gone': take planned", said)
        code, said = clickmill("feature", "list", "none", *data)
        self.assertEqual(code, 1)
        self.assertIn("project list", said)

    def test_an_unknown_command_is_named_with_those_that_there_are(self):
        for words, expected in ((("serv",), "no command \"serv\"; take one of serve, collect"),
                                (("topics", "chek"), "no command \"chek\"; take one of create, check")):
            code, said = clickmill(*words)
            self.assertEqual(code, 2)
            self.assertIn(expected, said)


class ServerTest(unittest.TestCase):
    def serve(self, **environment):
        server = self.enterContext(Clickmill(BINARY, environment=environment))
        server.start()
        self.write_key, self.read_key = server.keys()
        return server

    def test_it_is_not_ready_before_it_takes_clicks(self):
        server = self.serve()
        for _ in range(5):
            server.stop()
            server.launch()
            wait_until(server.is_ready, "ready", every=0)
            self.assertEqual(server.send(self.write_key, [CLICK])[0], 200)

    def test_a_second_server_on_the_same_folder_is_refused(self):
        server = self.serve()
        code, said = clickmill("serve", "--data", str(server.data), "--listen", "127.0.0.1:0",
                               CLICKMILL_SERVER__OPERATIONS_LISTEN="127.0.0.1:0")
        self.assertEqual(code, 1)
        self.assertIn(f"process {server.process.pid} is using it", said)

    def test_files_are_for_the_servers_own_user(self):
        server = self.serve()
        server.send(self.write_key, [CLICK])
        for path in server.data.iterdir():
            self.assertEqual(path.stat().st_mode & 0o077, 0, path.name)

    def test_a_graceful_stop_answers_what_is_in_flight_and_loses_nothing(self):
        server = self.serve()
        body = json.dumps({"key": self.write_key, "events": [CLICK]}).encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
            client.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(body))
            self.assertIn(b"100 Continue", client.recv(4096))  # the request is under way
            server.process.terminate()
            server.said("stopping")
            client.sendall(body)
            answer = b""
            while piece := client.recv(4096):
                answer += piece
        self.assertIn(b" 200 OK", answer)
        self.assertIn(b"Connection: close", answer)
        self.assertIn(b'{"accepted":1,"rejected":[]}', answer)
        self.assertEqual(server.process.wait(20), 0)
        server.start()
        self.assertEqual(server.wait_until_counted(self.read_key)["counted"], 1)

    def test_systemd_hears_when_it_is_ready_and_when_it_stops(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="clickmill-test-"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(f"{folder}/notify")
            systemd.settimeout(20)
            server = self.serve(NOTIFY_SOCKET=f"{folder}/notify")
            self.assertIn(b"READY=1", systemd.recv(4096))
            server.stop()
            self.assertIn(b"STOPPING=1", systemd.recv(4096))

    def test_logs_are_json_for_machines_and_text_on_a_terminal(self):
        server = self.serve()
        self.assertEqual(json.loads(server.said(r"(?m)^\{.*started.*\}$"))["message"], "started")
        server.stop()
        master, terminal = pty.openpty()
        process = subprocess.Popen([BINARY, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"],
                                   stdout=subprocess.DEVNULL, stderr=terminal, env=server.environment)
        os.close(terminal)
        text = b""
        while b"started" not in text:
            text += os.read(master, 4096)
        process.terminate()
        process.wait(20)
        os.close(master)
        self.assertNotIn(b'{"time"', text)
        self.assertIn(b"started", text)

    def test_the_clients_address_is_nowhere(self):
        server = self.serve(CLICKMILL_SERVER__TRUSTED_PROXIES="127.0.0.1", CLICKMILL_LOG__LEVEL="debug")
        address = "203.0.113.77"
        for body in (json.dumps({"key": self.write_key, "events": [CLICK]}), "{", '{"key":"wk_no","events":[]}'):
            server.request("POST", "/v1/events", body, {"X-Forwarded-For": address, "Forwarded": f"for={address}"})
        self.assertIn('"feature_id":"checkout.pay"', server.run("log", "cat"))
        self.assertNotIn(address, server.run("log", "cat") + server.output() + server.operations("/metrics")[1])
        server.stop()
        for path in filter(pathlib.Path.is_file, server.data.rglob("*")):
            found = path.read_bytes()
            self.assertNotIn(address.encode(), found, path.name)
            self.assertNotIn(socket.inet_aton(address), found, path.name)

    def test_a_sign_in_link_works_once_and_signing_out_only_from_our_pages(self):
        server = self.serve()
        link = server.said(r"/signin\?token=\w+")
        self.assertEqual(server.request("GET", link, headers={"User-Agent": "Slackbot 1.0"})[0], 200)
        status, headers, _ = server.request("GET", link)
        self.assertEqual((status, headers["location"]), (303, "/"))
        for flag in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"):
            self.assertIn(flag, headers["set-cookie"])
        self.assertEqual(server.request("GET", link)[0], 404)
        for made in (server.run("user", "add", "ann"), server.run("user", "link", "ann")):
            self.assertIn(f"http://127.0.0.1:{server.port}/signin?token=", made)
        cookie = {"Cookie": headers["set-cookie"].split(";")[0]}
        self.assertEqual(server.request("GET", "/api/v1/session", headers=cookie)[0], 200)
        sign_out = "/api/v1/session/sign-out"
        self.assertEqual(server.request("GET", sign_out, headers=cookie)[0], 405)
        for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            self.assertEqual(server.request("POST", sign_out, headers={**cookie, **foreign})[0], 403)
        self.assertEqual(server.request("GET", "/api/v1/session", headers=cookie)[0], 200)
        self.assertEqual(server.request("POST", sign_out, headers={**cookie, "Sec-Fetch-Site": "same-origin"})[0], 204)
        self.assertEqual(server.request("GET", "/api/v1/session", headers=cookie)[0], 401)

    def test_every_refusal_of_a_page_can_be_read_by_it(self):
        server = self.serve()
        origin = "https://shop.example"
        for body, headers, status in (
                (b"{", {}, 400), (b'{"events":[]}', {}, 401), (b" " * (1 << 20) + b" ", {}, 413),
                (b"x", {"Content-Encoding": "br"}, 415), (b"zz\r\n", {"Transfer-Encoding": "chunked"}, 400)):
            got, answer, _ = server.request("POST", "/v1/events", body, {**headers, "Origin": origin})
            self.assertEqual(got, status)
            self.assertEqual(answer["access-control-allow-origin"], origin, status)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    BINARY = real_clickmill.parse_arguments(parser).bin
    unittest.main(argv=sys.argv[:1])
