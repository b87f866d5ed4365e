#!/usr/bin/env python3
"""`clickmill backup` beside a server that takes clicks, and `restore` into another folder: nothing is lost or counted twice.

    tests/operation/backup_test.py --bin build/dev/bin/clickmill
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "crash", "recount")]
from clicking import Clicking  # noqa: E402
from real_clickmill import Clickmill, parse_arguments, wait_until  # noqa: E402
from verify_test import Checks, World  # noqa: E402

ENVIRONMENT = {"CLICKMILL_ARCHIVE__FILE_EVENTS": "2000"}


def click(number):
    return {"event_id": f"install.boot#{number}", "feature_id": f"button.{number % 7}", "user_id": f"u{number % 300}"}


def command(server, *words):
    done = subprocess.run([server.binary, *words], text=True, env=server.environment, capture_output=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def back_up_and_restore(options, folder, checks):
    backups = [folder / "first", folder / "second"]
    with Clickmill(options.bin, environment=ENVIRONMENT) as server:
        server.start()
        write_key, read_key = server.keys()
        known = []
        with Clicking(server, write_key, click, batch=20) as clicks:
            for i, backup in enumerate(backups):
                wait_until(lambda: clicks.answered > 9000 * (i + 1), "clicks", 120)
                wait_until(lambda: len(list(server.data.glob("archive/date=*/*"))) > 3 * (i + 1), "files", 120)
                known.append(clicks.answered)
                more = ["--previous", str(backups[0])] if i else []
                code, said = command(server, "backup", "--data", str(server.data), "--to", str(backup), *more)
                checks.expect(f"backup: {said}", code, 0)
                if i:
                    checks.expect_in(f"it links what it has: {said}", "of them linked from", said)
        checks.expect("nobody was refused", clicks.failure, None)
    listed = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=backups[0], text=True,
                            capture_output=True)
    checks.expect(f"sha256sum agrees: {listed.stdout}{listed.stderr}", listed.returncode, 0)
    checks.expect("nobody else may read it", backups[0].stat().st_mode & 0o077, 0)
    for backup, at_least in zip(backups, known):
        restored_goes_on(options, folder / f"{backup.name}-restored", backup, at_least, write_key, read_key, checks)
    return backups[1]


def restored_goes_on(options, data, backup, at_least, write_key, read_key, checks):
    server = Clickmill(options.bin, data=data, environment=ENVIRONMENT)
    code, said = command(server, "restore", "--from", str(backup), "--data", str(data))
    checks.expect(f"restore: {said}", code, 0)
    with server:
        server.start()
        counted = server.wait_until_counted(read_key)["counted"]
        checks.expect("every click from before is there", counted >= at_least, True)
        world = World(server)
        rows = world.ask("SELECT count(*) AS n, count(DISTINCT event_id) AS ids FROM events")
        checks.expect("each once, in archive and log", rows, [{"n": counted, "ids": counted}])
        # Sent once more: what was counted is a repeat, the others are new, and files go on where they end.
        for first in range(0, counted + 2500, 50):
            server.send(write_key, [click(number) for number in range(first, first + 50)])
        accounting = server.wait_until_counted(read_key)
        checks.expect("it knows repeats", accounting["duplicate"], counted)
        wait_until(lambda: "not archived" not in server.operations("/readyz")[1], "the archive to go on")
        code, said = world.command("verify")
        checks.expect(f"verify: {said[-600:]}", code, 0)


def what_is_wrong_is_named(options, folder, backup, checks):
    server = Clickmill(options.bin, data=folder / "new")
    check = ["restore", "--check", "--from"]
    code, said = command(server, *check, str(backup))
    checks.expect_in(f"it is whole ({code})", "is whole", said)
    code, said = command(server, "restore", "--from", str(backup), "--data", str(folder / "first-restored"))
    checks.expect_in(f"a folder with something in it ({code})", "there is something in it", said)
    code, said = command(server, "backup", "--data", str(folder / "first-restored"), "--to", str(backup))
    checks.expect_in(f"a backup is not written over ({code})", "there is something in it", said)
    code, said = command(server, "backup", "--data", str(folder / "nothing"), "--to", str(folder / "third"))
    checks.expect_in(f"no data folder ({code})", "no such data folder", said)
    damaged = folder / "damaged"
    shutil.copytree(backup, damaged)
    path = damaged / "metrics.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, said = command(server, "restore", "--from", str(damaged), "--data", str(folder / "new"))
    checks.expect_in(f"a damaged file ({code})", "metrics.db: it is not what was written", said)
    checks.expect("nothing was restored", os.path.exists(folder / "new"), False)
    (damaged / "SHA256SUMS").unlink()
    code, said = command(server, *check, str(damaged))
    checks.expect_in(f"one that was not finished ({code})", "was not finished", said)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options = parse_arguments(parser)
    checks = Checks()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="clickmill-backup-"))
    try:
        backup = back_up_and_restore(options, folder, checks)
        what_is_wrong_is_named(options, folder, backup, checks)
    finally:
        shutil.rmtree(folder)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 0 if checks.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
