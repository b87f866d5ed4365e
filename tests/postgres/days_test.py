#!/usr/bin/env python3
"""Bad days of a PostgreSQL server that holds the metrics: clicks are taken all the while, and counts are exact afterwards.

    tests/postgres/days_test.py --bin build/dev/bin/clickmill
"""
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from postgres_cluster import DATABASE, ROLE, programs  # noqa: E402
from real_clickmill import Clickmill, wait_until  # noqa: E402
from store_world import is_killed_under_load, live_through_days, world_on  # noqa: E402

ADVISORY_LOCKS = 0x436B4D6C  # kPgLocks in src/sql/postgres_session.h


def is_away_at_the_start(options, postgres, folder):
    postgres.stop()
    with world_on(postgres, options, folder) as world:
        world.is_told("cannot connect to the metrics store")
        time.sleep(1)
        postgres.start()
        return world.differences()


def ends_every_connection(options, postgres, folder):
    """As an administrator, or idle_in_transaction_session_timeout, does."""
    with world_on(postgres, options, folder) as world:
        for _ in range(5):
            time.sleep(0.5)
            postgres.sql(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                         f"WHERE usename = '{ROLE}' AND pid <> pg_backend_pid()")
        return world.differences()


def makes_statements_time_out(options, postgres, folder):
    postgres.sql(f"ALTER ROLE {ROLE} SET statement_timeout = '300ms'")
    try:
        with world_on(postgres, options, folder) as world:
            hold = subprocess.Popen(
                [programs() / "psql", "--no-psqlrc", "--quiet", postgres.url, "--command",
                 f"SET statement_timeout = 0; SELECT pg_advisory_lock({ADVISORY_LOCKS}, 0), pg_sleep(2)"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            world.is_told("statement timeout")
            hold.wait(30)
            return world.differences()
    finally:
        postgres.sql(f"ALTER ROLE {ROLE} RESET statement_timeout")


def refuses_the_password(options, postgres, folder):
    postgres.sql(f"ALTER ROLE {ROLE} PASSWORD 'another'; CREATE ROLE helper SUPERUSER LOGIN PASSWORD 'helps'")
    with world_on(postgres, options, folder) as world:
        world.is_told("password authentication failed")
        if postgres.state["password"] in world.server.output() + world.readiness():
            return ["the password is shown"]
        postgres.run("psql", "--quiet", "--command", f"ALTER ROLE {ROLE} PASSWORD '{postgres.state['password']}'",
                     f"postgresql://helper:helps@127.0.0.1:{postgres.state['port']}/{DATABASE}")
        differences = world.differences()
    postgres.sql("DROP ROLE helper")
    return differences


def may_only_read(options, postgres, folder):
    """A role that writes nothing, as on a replica."""
    postgres.sql(f"ALTER ROLE {ROLE} SET default_transaction_read_only = on")
    with world_on(postgres, options, folder) as world:
        world.is_told("metrics_store.url has to name the primary, not a replica")
        postgres.sql(f"BEGIN READ WRITE; ALTER ROLE {ROLE} RESET default_transaction_read_only; COMMIT")
        postgres.sql(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                     f"WHERE usename = '{ROLE}' AND pid <> pg_backend_pid()")
        return world.differences()


def has_tables_of_a_newer_program(options, postgres, folder):
    with world_on(postgres, options, folder) as world:
        world.load.pause()
        world.server.wait_until_counted(world.read_key)
        postgres.sql("UPDATE clickmill_schema SET version = 99")
        world.server.stop()
        world.server.launch()
        world.is_told("its schema has version 99")
        postgres.sql("UPDATE clickmill_schema SET version = 3")
        world.load.say("go")
        return world.differences()


def as_version_1(postgres):
    """Statements that give settled rows the keys and indexes of version 1, which repeated every column, and take the
    states of views away."""
    rollups = postgres.sql("SELECT rollup_id || ' ' || base_name FROM rollups").splitlines()
    for number, base in (line.split(" ") for line in rollups):
        named = postgres.sql(f"SELECT name FROM rollup_dimensions WHERE rollup_id = {number} ORDER BY place")
        columns = "".join(f', "{name}"' for name in named.splitlines())
        for table, clicks in ((f"{base}_settled", ", clicks"), (f"{base}_settled_users", "")):
            yield f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_pkey"'
            yield f'ALTER TABLE "{table}" ADD PRIMARY KEY (view_id, grain, feature_id, bucket{columns})'
            yield f'DROP INDEX "{table}_by_bucket"'
            yield (f'CREATE INDEX "{table}_by_bucket" ON "{table}" '
                   f"(view_id, grain, bucket, feature_id{columns}{clicks})")
    bases = [line.split(" ")[1] for line in rollups]
    for view in [*bases, "monthly_clicks", "weekly_clicks", "daily_clicks", "hourly_clicks"]:
        text = postgres.sql(f"SELECT pg_get_viewdef('\"{view}\"'::regclass)")
        yield f'CREATE OR REPLACE VIEW "{view}" AS {text.strip().rstrip(";").replace("v.state = 0", "true")}'
    yield "ALTER TABLE views DROP COLUMN state, DROP COLUMN changed"
    yield "UPDATE clickmill_schema SET version = 1"


INDEXES = "SELECT string_agg(indexdef, ' ' ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'public'"


def has_tables_of_an_older_program(options, postgres, folder):
    with world_on(postgres, options, folder) as world:
        world.load.pause()
        world.server.wait_until_counted(world.read_key)
        newest = postgres.sql(INDEXES)
        postgres.sql("CREATE ROLE reader; GRANT SELECT ON daily_clicks TO reader")
        world.server.stop()
        postgres.sql("; ".join(as_version_1(postgres)))
        wrong = [] if postgres.sql(INDEXES) != newest else ["nothing was brought back to version 1"]
        said = world.server.run("store", "migrate")
        if "has the tables that this program needs" not in said or postgres.sql(INDEXES) != newest:
            wrong.append(f"clickmill store migrate: {said}")
        postgres.sql("; ".join(as_version_1(postgres)))
        world.server.start()
        world.load.say("go")
        if postgres.sql(INDEXES) != newest:
            wrong.append("a server that starts brings nothing to version 3")
        if postgres.sql("SELECT has_table_privilege('reader', 'daily_clicks', 'SELECT')").strip() != "t":
            wrong.append("who may read a view lost that by the upgrade")
        postgres.sql("DROP OWNED BY reader; DROP ROLE reader")
        return wrong + world.differences()


def looks_of_a_doctor(office):
    """What it says of the database servers; other findings are this machine's."""
    said = subprocess.run([office.binary, "doctor", "--data", str(office.data)], env=office.environment, text=True,
                          capture_output=True, timeout=60).stdout
    return [line for line in said.splitlines() if "_store.url " in line or "control.url " in line] or ["nothing: " + said]


def keeps_the_projects_of_many_machines(options, postgres, folder):
    """The control store, too: one machine has the server of all roles, another one the command line alone."""
    servers = {"CLICKMILL_CONTROL__URL": postgres.url, "CLICKMILL_METRICS_STORE__URL": postgres.url}
    with world_on(postgres, options, folder, **servers) as world, Clickmill(options.bin, environment=servers) as office:
        write_key = re.search("wk_[0-9a-f]{32}", office.run("project", "add", "blog", "--zone", "UTC"))[0]
        taken = set()

        def is_taken(key, number):
            status, _, _ = world.server.send(key, [{"event_id": f"office.1#{number}", "feature_id": "save"}])
            taken.update({number} if status == 200 else ())
            return status == 200
        wait_until(lambda: is_taken(write_key, 0), "a key that was made elsewhere is known", 10)
        wrong = [f"{home.data} has a control.db" for home in (world.server, office) if (home.data / "control.db").exists()]
        postgres.kill()
        # What is known holds for as long as nobody can be asked.
        wrong += [f"click {number} is refused" for number in range(1, 4) if not is_taken(write_key, number)]
        if is_taken("wk_" + 32 * "0", 4):
            wrong.append("a key that nobody made is known")
        try:
            wrong.append("without the control store there is an answer: " + office.run("project", "list"))
        except RuntimeError as told:
            if "cannot connect to the control store" not in str(told):
                wrong.append(str(told))
        wrong += [finding for finding in looks_of_a_doctor(office) if not finding.startswith("BAD")]
        # Who comes meanwhile waits, and stops when told to.
        with Clickmill(options.bin, environment={"CLICKMILL_CONTROL__URL": postgres.url}) as newcomer:
            newcomer.launch()
            newcomer.said("waiting for the control store")
            newcomer.stop()
            newcomer.launch()
            postgres.start()
            wait_until(newcomer.is_ready, "who has waited for the control store is ready", 30)
        wrong += [finding for finding in looks_of_a_doctor(office) if not finding.startswith("ok")]
        office.run("key", "disable", re.search(r"(\d+) +blog +write", office.run("key", "list"))[1])
        wait_until(lambda: not is_taken(write_key, 5), "a key that was disabled elsewhere is refused", 10)
        return wrong + world.differences(others=len(taken))


def has_a_url_of_something_else(options, _, folder):
    run = subprocess.run([options.bin, "serve", "--data", str(folder / "data")], capture_output=True, text=True, timeout=60,
                         env={**os.environ, "CLICKMILL_METRICS_STORE__URL": "mysql://somewhere:secret@x/y"})
    wanted = "a url is postgresql://user:password@host:5432/database"
    return [] if run.returncode != 0 and wanted in run.stderr and "secret" not in run.stderr else [run.stderr]


DAYS = (is_away_at_the_start, is_killed_under_load, ends_every_connection, makes_statements_time_out,
        refuses_the_password, may_only_read, has_tables_of_a_newer_program,
        has_tables_of_an_older_program, keeps_the_projects_of_many_machines, has_a_url_of_something_else)


if __name__ == "__main__":
    sys.exit(live_through_days(__doc__, DAYS, "postgres"))
