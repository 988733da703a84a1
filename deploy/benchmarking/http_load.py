"""Load on HTTP servers: dunlin's, and a minimal one that inserts a row for each request."""

import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time

from running import await_port, fail, free_port, run

CONNECTIONS = 64

BODY = {
    "channel": "email", "to": "Ada Lovelace <ada@example.com>", "brand": "benchmark", "template": "benchmark",
    "vars": {
        "customer": {"name": "Ada Lovelace"}, "total": "$1,299.00", "pay_url": "https://pay.example.com/1",
        "invoices": [
            {"number": "INV-1", "amount": "$99.00", "due_date": "November 30, 2026"},
            {"number": "INV-1-B", "amount": "$1,200.00", "due_date": "December 7, 2026"},
        ],
    },
}

# A key of its own for each request, and a due time, so that accepting is measured and not sending.
SCRIPT = """\
local number = 0
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
request = function()
    number = number + 1
    return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["Idempotency-Key"] = id .. "/" .. number}, body)
end
body = [==[%s]==]
done = function(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("RESULT %%d %%d %%.3f %%.3f %%d\\n", summary.requests, summary.duration,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""

# The least that a durable endpoint can do: parse nothing, insert a row in a group commit, answer.
MINIMAL = os.path.join(os.path.dirname(__file__), "minimal_endpoint.py")


class Server:
    """A server that runs beside the measurement."""

    def __init__(self, command, folder, port, environment=None):
        self.port = port
        self.log = open(folder / "server.log", "w")
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        await_port(port, command[0])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(30) not in (0, -signal.SIGTERM):
            fail(f"the server ended with {self.process.returncode}; see its log")
        self.log.close()


def dunlin_server(dunlin, folder):
    port = free_port()
    return Server([dunlin.program, "serve", "--listen", f"127.0.0.1:{port}"], folder, port, dunlin.environment)


def minimal_server(folder):
    port = free_port()
    return Server([sys.executable, "-B", MINIMAL, str(port), str(folder / "bare.sqlite")], folder, port)


def wrk(server, folder, seconds):
    """Requests a second, and the median and 99th percentile of their times in milliseconds."""
    script = folder / "post.lua"
    script.write_text(SCRIPT % json.dumps(BODY | {"due": "2099-01-01T00:00:00Z"}))
    ended = run(
        ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script),
         f"http://127.0.0.1:{server.port}/v1/messages"],
        folder,
    )
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", ended.output)
    if not found or int(found[5]):
        fail(f"wrk had errors:\n{ended.output}")
    return int(found[1]) / (int(found[2]) / 1e6), float(found[3]), float(found[4])


def latencies(server, sink, messages):
    """Milliseconds from a request's first byte until the mail server has taken the message, one at a time."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    body = json.dumps(BODY)
    times = []
    for _ in range(messages):
        before = sink.arrived()
        start = time.perf_counter()
        connection.request("POST", "/v1/messages", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 202:
            fail(f"a message was answered {answer.status}")
        while sink.arrived() == before:
            if time.perf_counter() - start > 10:
                fail("a message did not arrive within 10 s")
            time.sleep(0.0002)
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(0.02)
    times.sort()
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]
