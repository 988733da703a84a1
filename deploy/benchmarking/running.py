"""Saying what happens, and running commands to their end."""

import os
import socket
import subprocess
import sys
import tempfile
import time


def step(text):
    print(f"\n==> {text}", flush=True)


def note(text):
    print(f"    {text}", flush=True)


def fail(text):
    sys.exit(f"benchmark: {text}")


def count(number):
    return f"{number:,.0f}"


class Ended:
    """A command that has ended: what it took, and what it printed."""

    def __init__(self, seconds, cpu_seconds, peak_mib, output):
        self.seconds = seconds
        self.cpu_seconds = cpu_seconds
        self.peak_mib = peak_mib
        self.output = output


def run(command, folder, environment=None):
    """Runs a command to its end. One that fails ends the benchmark with what it said."""
    with tempfile.TemporaryFile(dir=folder) as output:
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode != 0:
        fail(f"'{' '.join(map(str, command))}' exited with {process.returncode}:\n{text}")
    return Ended(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def as_root(command):
    """Runs a command with root's rights and returns what it printed."""
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    done = subprocess.run(prefix + command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        fail(f"'{' '.join(command)}' exited with {done.returncode}:\n{done.stdout}")
    return done.stdout


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def await_port(port, what):
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                fail(f"{what} does not listen on port {port}")
            time.sleep(0.02)
