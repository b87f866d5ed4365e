#!/usr/bin/env python3
"""ClickHouse's HTTP interface over its engine in this process (PyPI's chdb), on a port of this machine: for tests.

The SQL, the tables, their merges and the formats are ClickHouse's own. What is ours is the HTTP around them, as far as
Clickmill uses it: one request at a time, settings and parameters in the address, the exception's code in a header. It
has no users beyond one password, no replicas and no real network.

    build/tools/clickhouse/bin/python tests/clickhouse/server.py --folder DIR --port-file FILE [--password WORD]

Faults for tests: POST /fault with JSON, {"after": 3, "every": 1, "kind": "forget"}; counts requests that change
something, from now on. `forget` drops one without doing it, `deaf` does it and says nothing, `twice` does it twice,
`full` refuses it as a full disk would, `late` does it after the next change, `mixed` any of the first three by turns.
"""
import argparse
import http.server
import json
import os
import pathlib
import re
import socket
import threading
import urllib.parse

import chdb

CHANGES = re.compile(r"\s*(INSERT|DELETE|ALTER|CREATE|DROP)\b", re.IGNORECASE)
INSERT_FORMAT = re.compile(r"\s+FORMAT\s+(\w+)\s*$", re.IGNORECASE)
OUR_OWN = {"database", "query", "default_format", "wait_end_of_query", "user", "password"}
NOT_HERE = {"insert_quorum", "select_sequential_consistency", "distributed_foreground_insert", "distributed_product_mode"}


class Engine:
    """One query at a time."""

    def __init__(self, folder):
        self.connection = chdb.connect(str(folder))
        self.lock = threading.Lock()
        self.settings = {}
        self.fault = None
        self.changes = 0
        self.kept = []

    def run(self, request):
        with self.lock:
            kind = self.fault_of(request) if CHANGES.match(request.text) else None
            if kind == "full":
                raise chdb.ChdbError("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. "
                                     "(NOT_ENOUGH_SPACE)")
            if kind == "late":
                self.kept.append(request)
                raise ConnectionAbortedError
            if kind == "forget":
                raise ConnectionAbortedError
            answer = self.execute(request)
            if kind == "twice":
                answer = self.execute(request)
            if CHANGES.match(request.text):
                for late in self.kept:
                    self.execute(late)
                self.kept = []
            if kind == "deaf":
                raise ConnectionAbortedError
            return answer

    def fault_of(self, request):
        if not self.fault:
            return None
        self.changes += 1
        number = self.changes - self.fault["after"]
        if number < 0 or number % self.fault.get("every", 1) != 0:
            return None
        if self.fault["kind"] == "mixed":
            return ("forget", "deaf", "twice")[number // self.fault.get("every", 1) % 3]
        return self.fault["kind"]

    def execute(self, request):
        for name, value in request.settings.items():
            if self.settings.get(name) != value:
                self.connection.query(f"SET {name} = {value if value.isdigit() else repr(value)}")
                self.settings[name] = value
        self.connection.query(f"USE `{request.database}`")
        inserted = INSERT_FORMAT.search(request.text) if request.data else None
        if not inserted:
            return bytes(self.connection.query(request.text, request.format, params=request.parameters).bytes())
        insert = self.connection.send_insert(request.text[:inserted.start()], inserted.group(1))
        insert.append(request.data)
        insert.finish()
        return b""


class Request:
    def __init__(self, path, body):
        fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query, keep_blank_values=True,
                                             encoding="utf-8", errors="surrogateescape"))
        self.database = fields.get("database", "default")
        self.format = fields.get("default_format", "TabSeparated")
        self.text, self.data = (fields["query"], body) if "query" in fields else (body.decode(), b"")
        self.parameters = {name.removeprefix("param_"): value for name, value in fields.items()
                           if name.startswith("param_")}
        self.settings = {name: value for name, value in fields.items()
                         if name not in OUR_OWN | NOT_HERE and not name.startswith("param_")}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet

    def handle_one_request(self):
        """As the library's, with addresses as long as ClickHouse takes them (http_max_uri_size)."""
        self.raw_requestline = self.rfile.readline(1024 * 1024 + 1)
        self.close_connection = not self.raw_requestline
        if self.raw_requestline and self.parse_request():
            self.do_POST()
            self.wfile.flush()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server = self.server
        if self.path == "/fault":
            with server.engine.lock:
                server.engine.fault = json.loads(body) or None
                server.engine.changes = 0
            return self.answer(200, b"")
        if server.password and self.headers.get("X-ClickHouse-Key") != server.password:
            return self.refuse(403, "Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is "
                                    "no user with such name. (AUTHENTICATION_FAILED)")
        try:
            return self.answer(200, server.engine.run(Request(self.path, body)))
        except ConnectionAbortedError:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        except Exception as error:  # whatever the engine says is for who asked
            return self.refuse(500, str(error))

    def refuse(self, status, words):
        code = re.search(r"Code: (\d+)", words)
        self.answer(status, words.encode(), {"X-ClickHouse-Exception-Code": code.group(1)} if code else {})

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, engine, port, password):
        super().__init__(("127.0.0.1", port), Handler)
        self.engine, self.password = engine, password


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="where the database lies")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", type=pathlib.Path, required=True, help="holds the port once it answers")
    parser.add_argument("--password", default="")
    options = parser.parse_args()
    server = Server(Engine(options.folder), options.port, options.password)
    written = options.port_file.with_suffix(".new")
    written.write_text(str(server.server_address[1]))
    os.replace(written, options.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
