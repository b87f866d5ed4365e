#!/usr/bin/env python3
"""A tiny server that keeps the promises of Clickmill, or breaks one on purpose: the crash test must notice.

FAULT in the environment: "" (honest), "early" (answers before the bytes are written), "forgets" (a restart forgets which
ids it has seen), "skips" (a restart loses the last record). Speaks just enough of the interface for crash_test.py.
"""
import collections
import http.server
import json
import os
import pathlib
import signal
import sys
import threading
import time
import urllib.parse

FAULT = os.environ.get("FAULT", "")


class Store:
    """One file with a batch a line; counts in memory."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "batches"
        self.lock = threading.Lock()
        self.ids, self.accepted = set(), 0
        self.clicks, self.users = collections.Counter(), set()
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        if FAULT == "skips" and lines:
            lines.pop()
            self.path.write_bytes(b"".join(line + b"\n" for line in lines))
        for line in lines:
            self.count(json.loads(line))
        if FAULT == "forgets":
            self.ids.clear()
        self.file = open(self.path, "ab", buffering=0)

    def count(self, body):
        for event in body["events"]:
            self.accepted += 1
            if event["event_id"] in self.ids:
                continue
            self.ids.add(event["event_id"])
            self.users.add(event["user_id"])
            self.clicks["total"] += 1
            self.clicks["feature", event["feature_id"]] += 1
            self.clicks["page", event["page"]] += 1
            for name in ("platform", "app_version"):
                self.clicks[name, body["context"][name]] += 1
            for experiment in event.get("experiments", {}):
                self.clicks["experiment", experiment] += 1

    def append(self, text):
        body = json.loads(text)
        if FAULT == "early":
            threading.Timer(0.2, self.write, [text, body]).start()
        else:
            self.write(text, body)
        return len(body["events"])

    def write(self, text, body):
        with self.lock:
            self.file.write(text + b"\n")
            self.count(body)

    def accounting(self):
        with self.lock:
            counted = self.clicks["total"]
            return {"accepted": self.accepted, "counted": counted, "duplicate": self.accepted - counted, "lost": 0,
                    "unreadable": 0, "late": 0, "pending": 0, "is_balanced": True}

    def series(self, asked):
        line = lambda feature, by, value: {"feature_id": feature, "by": by, "values": [value], "total": value}
        with self.lock:
            if asked.get("metric") == "users":
                return [line(None, None, len(self.users))]
            if "by" in asked:
                return [line(None, value, clicks) for key, clicks in self.clicks.items() if key != "total"
                        for name, value in [key] if name == asked["by"]]
            if "feature_id" in asked:
                return [line(name, None, self.clicks["feature", name]) for name in asked["feature_id"].split(",")]
            return [line(None, None, self.clicks["total"])]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        accepted = self.store.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer({"accepted": accepted, "rejected": []})

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        if url.path == "/api/v1/accounting":
            return self.answer(self.store.accounting())
        return self.answer({"series": self.store.series(dict(urllib.parse.parse_qsl(url.query)))})

    def answer(self, body):
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def serve(address, daemon):
    host, port = address.split(":")
    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    threading.Thread(target=server.serve_forever, daemon=daemon).start()


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
    Handler.store = Store(pathlib.Path(arguments["--data"]))
    print("wk_" + "0" * 32, "rk_" + "0" * 32, flush=True)
    serve(arguments["--listen"], False)
    serve(os.environ["CLICKMILL_SERVER__OPERATIONS_LISTEN"], True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
