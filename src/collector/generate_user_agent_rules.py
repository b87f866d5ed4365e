#!/usr/bin/env python3
"""Turns uap-core's regexes.yaml and crawlers/patterns.txt into tables that user_agents.cc includes.

Use: generate_user_agent_rules.py REGEXES_YAML CRAWLERS_TXT OUTPUT
"""
import pathlib
import sys

import yaml

DELIMITER = "rule"


def text(value):
    """A C++ raw string, or an empty one for None."""
    value = "" if value is None else str(value)
    if f"){DELIMITER}\"" in value:
        sys.exit(f"a rule holds the delimiter of our raw strings: {value}")
    return f'R"{DELIMITER}({value}){DELIMITER}"'


def rows(parsers, replacement):
    for parser in parsers:
        regex = parser["regex"]
        if parser.get("regex_flag") == "i":
            regex = "(?i)" + regex
        yield f"    {{{text(regex)}, {text(parser.get(replacement))}}},"


def table(name, lines):
    return [f"constexpr Rule {name}[] = {{", *lines, "};", ""]


def main():
    source, crawlers, output = sys.argv[1:]
    rules = yaml.load(pathlib.Path(source).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    patterns = [line for line in pathlib.Path(crawlers).read_text(encoding="utf-8").splitlines()
                if line and not line.startswith("#")]
    lines = ["// Made by generate_user_agent_rules.py from uap-core (Apache-2.0) and crawler-user-agents (MIT).", ""]
    lines += table("kBrowserRules", rows(rules["user_agent_parsers"], "family_replacement"))
    lines += table("kOsRules", rows(rules["os_parsers"], "os_replacement"))
    lines += table("kCrawlerRules", [f"    {{{text(pattern)}, {text('')}}}," for pattern in patterns])
    pathlib.Path(output).write_text("\n".join(lines), encoding="utf-8")


main()
