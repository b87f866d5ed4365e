#!/usr/bin/env python3
"""Runs what the documentation tells people to run, and follows its links.

    tests/docs/docs_test.py --bin build/dev/bin/clickmill

A fenced block that begins with ```sh test runs in order with the others of its page, in one scratch folder, with
`clickmill` on the path. ```sh test serve starts its command in the background and waits until it takes clicks.
Ports 8080 and 9464 and the folder /var/lib/clickmill stand for the test's own.
"""
import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from real_clickmill import SOURCE, Clickmill, parse_arguments, wait_until  # noqa: E402

READERS = SOURCE / "build/tools/readers/bin"  # Python with other programs that read Parquet
BLOCK = re.compile(r"^```sh test( serve)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


def pages():
    top = [SOURCE / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return top + sorted((SOURCE / "docs").rglob("*.md")) + sorted((SOURCE / "benchmarks").rglob("*.md"))


def broken_links(page):
    for match in LINK.finditer(page.read_text()):
        target = match[1]
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
            yield f"{page.relative_to(SOURCE)}: no {target}"


class PageRun:
    """The blocks of one page, in a folder of their own."""

    def __init__(self, page, binary):
        self.page = page
        self.folder = tempfile.TemporaryDirectory(prefix="clickmill-docs-")
        self.scratch = pathlib.Path(self.folder.name)
        tools = self.scratch / "tools"
        tools.mkdir()
        (tools / "clickmill").symlink_to(binary)
        self.server = Clickmill(binary, data=self.scratch / "data",
                                environment={"PATH": f"{tools}:{READERS}:{os.environ['PATH']}"})
        self.background = None

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        with self.folder:
            self.server.__exit__(*failure)

    def in_our_words(self, text):
        return (text.replace("127.0.0.1:8080", f"127.0.0.1:{self.server.port}")
                .replace("127.0.0.1:9464", f"127.0.0.1:{self.server.operations_port}")
                .replace("/var/lib/clickmill", str(self.scratch / "data")))

    def environment(self):
        found = dict(self.server.environment, CLICKMILL_SERVER__LISTEN=f"127.0.0.1:{self.server.port}")
        if self.background:
            write_key, read_key = self.server.keys()
            found |= {"WRITE_KEY": write_key, "READ_KEY": read_key}
        return found

    def run(self, text, serves):
        text = self.in_our_words(text)
        if serves:
            with open(self.server.output_path, "wb") as output:
                self.background = self.server.process = subprocess.Popen(
                    shlex.split(text, comments=True), cwd=self.scratch, env=self.environment(), stdout=output,
                    stderr=output)
            wait_until(self.server.is_ready, f"a server by {text!r}", 30)
            return
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.scratch, env=self.environment(),
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{text}\ngave {done.returncode}:\n{done.stdout}{done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options = parse_arguments(parser)
    problems, blocks = [], 0
    for page in pages():
        problems += broken_links(page)
        found = BLOCK.findall(page.read_text())
        if not found:
            continue
        with PageRun(page, options.bin) as run:
            for serves, text in found:
                blocks += 1
                try:
                    run.run(text, bool(serves))
                except (RuntimeError, TimeoutError, subprocess.TimeoutExpired) as problem:
                    problems.append(f"{page.relative_to(SOURCE)}: {problem}")
                    break
    for problem in problems:
        print(problem)
    print(f"{len(pages())} pages, {blocks} blocks run, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
