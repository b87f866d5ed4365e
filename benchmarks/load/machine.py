"""What a measurement was taken on, and what it cost in CPU and memory."""
import os
import pathlib
import platform
import re
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


def said(*command):
    """The first line that a command prints, on either output; empty when it cannot run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return (done.stdout + done.stderr).strip().split("\n")[0]


def facts(source):
    """Machine, versions and commit, as they go into every table."""
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())[1])
    changed = subprocess.run(["git", "-C", str(source), "status", "--porcelain", "-uno", "src"],
                             capture_output=True, text=True).stdout.strip()
    return {
        "processor": processor[1] if processor else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 1024 / 1024, 1),
        "kernel": platform.release(),
        "system": said("sh", "-c", ". /etc/os-release && echo $PRETTY_NAME"),
        "compiler": said("c++", "--version"),
        "nginx": said("nginx", "-v").replace("nginx version: ", ""),
        "commit": said("git", "-C", str(source), "rev-parse", "--short=12", "HEAD") + ("+changes" if changed else ""),
    }


def load_average():
    """Of the last minute: above a few tenths before a run, somebody else was busy too."""
    return os.getloadavg()[0]


def cpu_seconds(pid):
    """User and system time of a process and its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_seconds_by_thread(pid):
    """{thread name: user and system time}, names without their numbers."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name, rest = (task / "stat").read_text().rsplit(") ", 1)
        except OSError:
            continue
        name = re.sub(r"[-_ ]?\d+$", "", name.split("(", 1)[1])
        fields = rest.split()
        found[name] = found.get(name, 0) + (int(fields[11]) + int(fields[12])) / TICKS
    return found


def resident_mib(pid):
    """(now, highest so far)"""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return tuple(int(re.search(rf"{name}:\s*(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM"))
