"""The servers that messages are sent to."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

from running import await_port, fail, free_port


class Sink:
    """Postfix's smtp-sink, which takes everything and counts it."""

    def __init__(self, folder):
        self.port = free_port()
        self.counter = folder / "sink.count"
        privileges = ["-u", "nobody"] if os.geteuid() == 0 else []
        with open(self.counter, "wb") as counter:
            self.process = subprocess.Popen(
                ["smtp-sink", *privileges, "-c", "-m", "1000", f"127.0.0.1:{self.port}", "1024"], stdout=counter
            )
        await_port(self.port, "smtp-sink")

    def arrived(self):
        """Messages that arrived since it started."""
        with open(self.counter, "rb") as counter:
            counter.seek(max(0, os.fstat(counter.fileno()).st_size - 200))
            found = re.findall(rb"mesg=(\d+)\r", counter.read())
        return int(found[-1]) if found else 0

    def await_arrivals(self, total, seconds):
        deadline = time.monotonic() + seconds
        while self.arrived() < total:
            if time.monotonic() > deadline:
                fail(f"of {total:,} messages, {self.arrived():,} arrived at smtp-sink within {seconds} s")
            time.sleep(0.005)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class SlowSink:
    """A server whose every reply leaves a fixed time after its command."""

    def __init__(self, milliseconds):
        script = pathlib.Path(__file__).with_name("slow_sink.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(milliseconds)], stdout=subprocess.PIPE, text=True
        )
        self.port = int(self.process.stdout.readline())
        self.before = {"connections": 0, "messages": 0}

    def taken(self):
        """Connections and messages since the last time that this was asked; waits for a connection's end."""
        now = json.loads(self.process.stdout.readline())
        taken = {name: now[name] - self.before[name] for name in now}
        self.before = now
        return taken

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
