#!/usr/bin/env python3
"""Asks the archive's store on S3 for everything that the contract of object stores promises: on a good day, and on a bad one
where a quarter of the requests get 500, 503, no answer, half of one, or lose it after the work was done.

    tests/s3/contract_test.py --bin build/dev/bin/clickmill
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from contract_program import ask_contract  # noqa: E402
from real_clickmill import parse_arguments  # noqa: E402
from s3_server import KEYS, BadDays, S3Server  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="*S3*", help="of GoogleTest")
    parser.add_argument("--rounds", type=int, default=3, help="of bad days")
    parser.add_argument("--seed", type=int, default=1)
    options = parse_arguments(parser)
    with S3Server() as server:
        counts = [ask_contract(options, "archive_contract_test", CLICKMILL_TEST_S3=server.endpoint, **KEYS)]
        options.filter = "*GivesBack*/S3:*Replaces*/S3:*TakesFiles*/S3"
        for round_number in range(options.rounds):
            with BadDays(server.port, options.seed + round_number) as proxy:
                proxy.chance = 0.25
                counts.append(ask_contract(options, "archive_contract_test", CLICKMILL_TEST_S3=proxy.endpoint, **KEYS))
                print(f"bad day {options.seed + round_number}: {proxy.counts}", flush=True)
    passed, failed = (sum(each) for each in zip(*counts))
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
