"""The measurements of deploy/benchmark, which prepares the machine, builds dunlin and starts this."""

import argparse
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

SESSIONS = 32
BODY_BYTES = 2000
SLOW_REPLY_MS = 20


# MARK: - Saying


def step(text):
    print(f"\n==> {text}", flush=True)


def note(text):
    print(f"    {text}", flush=True)


def fail(text):
    sys.exit(f"benchmark: {text}")


def count(number):
    return f"{number:,.0f}"


# MARK: - Running


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


# MARK: - Peers


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


class Postfix:
    """A Postfix of its own: configuration, queue and port apart from the machine's."""

    MAIN = """\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = benchmark.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
relayhost = [127.0.0.1]:{sink}
default_destination_concurrency_limit = {sessions}
initial_destination_concurrency = {sessions}
default_process_limit = 200
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = permit_mynetworks, reject
smtp_tls_security_level = none
alias_maps =
alias_database =
defer_transports =
"""

    MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup  unix  n - n 60 1 pickup
cleanup unix  n - n - 0 cleanup
qmgr    unix  n - n 300 1 qmgr
rewrite unix  - - n - - trivial-rewrite
bounce  unix  - - n - 0 bounce
defer   unix  - - n - 0 bounce
trace   unix  - - n - 0 bounce
verify  unix  - - n - 1 verify
flush   unix  n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp    unix  - - n - - smtp
relay   unix  - - n - - smtp
showq   unix  n - n - - showq
error   unix  - - n - - error
retry   unix  - - n - - error
discard unix  - - n - - discard
anvil   unix  - - n - 1 anvil
scache  unix  - - n - 1 scache
"""

    def __init__(self, folder, sink):
        self.sink = sink
        self.port = free_port()
        self.base = folder / "postfix"
        self.base.mkdir()
        self.configuration = self.base / "etc"
        self.queue = self.base / "queue"
        self.configuration.mkdir()
        daemons = subprocess.run(["postconf", "-d", "-h", "daemon_directory"], stdout=subprocess.PIPE, text=True)
        values = {
            "queue": self.queue, "data": self.base / "data", "daemons": daemons.stdout.strip() or "/usr/lib/postfix/sbin",
            "sink": sink.port, "port": self.port, "sessions": SESSIONS,
        }
        (self.configuration / "main.cf").write_text(self.MAIN.format(**values))
        (self.configuration / "master.cf").write_text(self.MASTER.format(**values))

    def start(self):
        as_root(["install", "-d", "-o", "root", str(self.queue)])
        as_root(["install", "-d", "-o", "postfix", str(self.base / "data")])
        as_root(["chown", "-R", "root", str(self.configuration)])
        as_root(["postfix", "-c", str(self.configuration), "start"])
        await_port(self.port, "Postfix")

    def set(self, name, value):
        as_root(["postconf", "-c", str(self.configuration), "-e", f"{name}={value}"])
        as_root(["postfix", "-c", str(self.configuration), "reload"])
        time.sleep(1)

    def queued(self, *queues):
        folders = [str(self.queue / name) for name in queues]
        return len(as_root(["find", *folders, "-type", "f"]).splitlines())

    def drain(self, messages):
        """Fills the deferred queue, flushes it, and returns the seconds until all of it has arrived."""
        self.set("defer_transports", "smtp")
        fill = ["smtp-source", "-d", "-N", "-s", str(SESSIONS), "-l", str(BODY_BYTES), "-m", str(messages)]
        run([*fill, "-f", "a@benchmark.example", "-t", "b@sink.example", f"127.0.0.1:{self.port}"], self.base)
        deadline = time.monotonic() + 120
        while self.queued("deferred") < messages or self.queued("incoming", "active", "maildrop") > 0:
            if time.monotonic() > deadline:
                fail(f"Postfix did not defer the {messages:,} messages it was given")
            time.sleep(0.5)
        self.set("defer_transports", "")
        goal = self.sink.arrived() + messages
        start = time.monotonic()
        as_root(["postqueue", "-c", str(self.configuration), "-f"])
        self.sink.await_arrivals(goal, 300)
        return time.monotonic() - start

    def stop(self):
        if (self.queue / "pid").exists():
            as_root(["postfix", "-c", str(self.configuration), "stop"])
        as_root(["rm", "-rf", str(self.base)])


def bare_inserts(lines, folder):
    """Seconds to insert a file's lines into one table of two columns, durably, a thousand to a transaction."""
    start = time.monotonic()
    connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, document BLOB NOT NULL)")
    with open(lines, "rb") as file:
        while batch := [(line,) for _, line in zip(range(1000), file)]:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO line (document) VALUES (?)", batch)
            connection.execute("COMMIT")
    connection.close()
    return time.monotonic() - start


# MARK: - Dunlin


TEMPLATE = {
    "template.yaml": """\
category: transactional
description: A reminder of two invoices, some 2 KB with text and HTML.
sample:
  customer: {name: Ada Lovelace}
  invoices:
    - {number: INV-1001, amount: "$1,200.00", due_date: "November 30, 2026"}
  total: $1,200.00
  pay_url: https://pay.example.com/1001
""",
    "friendly.en.subject.txt": "{{customer.name}}, {{total}} is due to {{brand.name}}",
    "friendly.en.email.txt": """\
Hi {{customer.name}},

just a quick note: the invoices below are due, and we have not seen a payment yet.

{{#invoices}}
  {{number}}   {{amount}}, due {{due_date}}
{{/invoices}}

Total: {{total}}

You can pay online: {{pay_url}}
or by transfer to First Example Bank, IBAN GB33 BUKB 2020 1555 5555 55.

If you have paid in the last few days, thank you, and please ignore this message.
Does anything look off? Just reply, and we will sort it out.

Kind regards,
{{brand.name}}
{{brand.postal_address}}

To stop these messages, reply with the word "stop".
""",
    "friendly.en.email.html": """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{total}} is due</title></head>
<body style="font-family:sans-serif;color:#222">
<p>Hi {{customer.name}},</p>
<p>just a quick note: the invoices below are due, and we have not seen a payment yet.</p>
<table>
{{#invoices}}
<tr><td>{{number}}</td><td>{{amount}}</td><td>due {{due_date}}</td></tr>
{{/invoices}}
<tr><td><b>Total</b></td><td><b>{{total}}</b></td><td></td></tr>
</table>
<p><a href="{{pay_url}}">Pay online</a>, or by transfer to First Example Bank, IBAN GB33 BUKB 2020 1555 5555 55.</p>
<p>If you have paid in the last few days, thank you, and please ignore this message.
Does anything look off? Just reply, and we will sort it out.</p>
<p>Kind regards,<br>{{brand.name}}<br>{{brand.postal_address}}</p>
<p>To stop these messages, reply with the word "stop".</p>
</body></html>
""",
}

SETTINGS = """\
database: sqlite:dunlin.sqlite
templates: {templates}
brands:
  benchmark:
    name: Example Ltd
    from: Example Billing <billing@example.com>
    postal_address: 1 Main Street, Springfield, IL 62701, USA
    tone: friendly
channels: {{email: {{transports: [{transport}]}}}}
"""


def smtp(port, connections=SESSIONS):
    return f'{{type: smtp, url: "smtp://127.0.0.1:{port}", tls: none, connections: {connections}}}'


class Dunlin:
    """The program under measurement, and the folders it works in."""

    def __init__(self, program, folder):
        self.program = str(pathlib.Path(program).resolve())
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN_")}
        self.templates = folder / "Templates"
        (self.templates / "benchmark").mkdir(parents=True)
        for name, text in TEMPLATE.items():
            (self.templates / "benchmark" / name).write_text(text)

    def installation(self, name, transport):
        """A fresh folder with a configuration."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "dunlin.yaml").write_text(SETTINGS.format(templates=self.templates, transport=transport))
        return folder

    def __call__(self, folder, *words):
        return run([self.program, *words], folder, self.environment)

    def lines(self, name, messages, due=None):
        """A file of distinct messages as JSON Lines. Their keys start with `name`."""
        path = self.folder / f"{name}.ndjson"
        extra = f',"due":"{due}"' if due else ""
        with open(path, "w") as file:
            for i in range(messages):
                file.write(
                    f'{{"key":"{name}/{i}","channel":"email","to":"Customer {i} <customer.{i}@d{i % 50}.example.com>",'
                    f'"brand":"benchmark","template":"benchmark"{extra},"vars":{{"customer":{{"name":"Customer {i}"}},'
                    f'"invoices":[{{"number":"INV-{i}","amount":"${i % 900 + 99}.00","due_date":"November 30, 2026"}},'
                    f'{{"number":"INV-{i}-B","amount":"$1,200.00","due_date":"December 7, 2026"}}],'
                    f'"total":"${i % 900 + 1299}.00","pay_url":"https://pay.example.com/{i}"}}}}\n'
                )
        return path

    def accept(self, folder, lines, messages):
        ended = self(folder, "enqueue", str(lines), "--json")
        accepted = json.loads(ended.output)["accepted"]
        if accepted != messages:
            fail(f"of {messages:,} messages, {accepted:,} were accepted:\n{ended.output}")
        return ended

    def drain(self, folder, messages, sink, *words):
        """Sends what is due, and makes sure that it arrived, each once."""
        before = sink.arrived()
        ended = self(folder, "work", "--until-empty", *words)
        sink.await_arrivals(before + messages, 5)
        if (arrived := sink.arrived() - before) != messages:
            fail(f"{messages:,} messages were due, and {arrived:,} arrived")
        return ended

    def letter(self):
        """One message as it is sent."""
        folder = self.installation("letter", "{type: outbox}")
        self.accept(folder, self.lines("letter", 1), 1)
        self(folder, "work", "--until-empty")
        return next((folder / "outbox").glob("*.eml"))


# MARK: - Measuring


class Series(list):
    """The figures of several runs; the median counts."""

    @property
    def median(self):
        return statistics.median(self)

    @property
    def text(self):
        return f"{count(self.median)}/s"


class Report:
    """The table, and all figures for the JSON file."""

    def __init__(self):
        self.rows = []
        self.figures = {}

    def keep(self, name, series):
        self.figures[name] = {"median": series.median, "runs": list(series)}

    def add(self, what, dunlin, peer="", ratio="", goal="", met=None):
        """`met` says whether the goal is met; None where there is none."""
        self.rows.append([what, dunlin, peer, ratio, goal, {True: "yes", False: "NO", None: ""}[met]])

    def ratio(self, what, dunlin, peer_name, peer, goal, unit="/s"):
        ratio = dunlin.median / peer.median
        number = (lambda value: count(value)) if peer.median >= 100 else (lambda value: f"{value:.1f}")
        self.figures.setdefault("ratios", {})[what] = ratio
        self.add(
            what, number(dunlin.median) + unit, f"{peer_name}: {number(peer.median)}{unit}", f"{ratio:.2f} x",
            f"{goal:g} x" if goal else "", ratio >= goal if goal else None,
        )

    def text(self):
        titles = ["WHAT", "DUNLIN", "PEER", "RATIO", "GOAL", "MET"]
        widths = [max(len(row[i]) for row in [titles, *self.rows]) for i in range(len(titles))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [titles, *self.rows]]
        return "\n".join(lines)

    def all_met(self):
        return all(row[5] != "NO" for row in self.rows)


def machine(folder, dunlin):
    """What the figures depend on."""
    processor = platform.machine()
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
                break

    def said(*command):
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except OSError:
            return "?"
        return done.stdout.strip() or "?"

    path = folder / "sync"
    with open(path, "wb", buffering=0) as file:
        start = time.monotonic()
        for _ in range(100):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
        sync = (time.monotonic() - start) / 100
    path.unlink()
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "file_system": said("df", "--output=fstype", str(folder)).splitlines()[-1],
        "fdatasync_ms": round(sync * 1000, 3),
        "dunlin": said(dunlin.program, "--version"),
        "swift": os.environ.get("DUNLIN_BENCHMARK_SWIFT") or "?",
        "sqlite": said("pkg-config", "--modversion", "sqlite3"),
        "libcurl": said("pkg-config", "--modversion", "libcurl"),
        "postfix": said("postconf", "-d", "-h", "mail_version"),
    }


def measure_drain(options, dunlin, sink, report):
    step(f"Draining {options.messages:,} messages to smtp-sink over {SESSIONS} sessions, {options.runs} runs")
    rates, source_rates, cpu, source_cpu = Series(), Series(), Series(), Series()
    lines = dunlin.lines("drain", options.messages)
    source = ["smtp-source", "-d", "-s", str(SESSIONS), "-l", str(BODY_BYTES), "-m", str(options.messages)]
    for number in range(options.runs):
        before = sink.arrived()
        peer = run([*source, f"127.0.0.1:{sink.port}"], dunlin.folder)
        sink.await_arrivals(before + options.messages, 10)
        source_rates.append(options.messages / peer.seconds)
        source_cpu.append(peer.cpu_seconds / options.messages * 1e6)
        folder = dunlin.installation("drain", smtp(sink.port))
        dunlin.accept(folder, lines, options.messages)
        ended = dunlin.drain(folder, options.messages, sink)
        rates.append(options.messages / ended.seconds)
        cpu.append(ended.cpu_seconds / options.messages * 1e6)
        note(
            f"run {number + 1}: dunlin {count(rates[-1])}/s with {cpu[-1]:.1f} µs of CPU each, "
            f"smtp-source {count(source_rates[-1])}/s with {source_cpu[-1]:.1f} µs"
        )
    for name, series in [
        ("drain", rates), ("drain_cpu_us", cpu), ("smtp_source", source_rates), ("smtp_source_cpu_us", source_cpu),
    ]:
        report.keep(name, series)
    report.ratio(f"drain of {options.messages:,}", rates, "smtp-source -d", source_rates, 1.0)
    report.add("  CPU for each message", f"{cpu.median:.1f} µs", f"smtp-source -d: {source_cpu.median:.1f} µs")
    return rates


def measure_postfix(options, dunlin, sink, report, rates):
    step(f"Postfix draining {options.postfix_messages:,} from its deferred queue to the same sink, {options.runs} runs")
    postfix = Postfix(dunlin.folder, sink)
    series = Series()
    try:
        postfix.start()
        for number in range(options.runs):
            series.append(options.postfix_messages / postfix.drain(options.postfix_messages))
            note(f"run {number + 1}: {count(series[-1])}/s")
    finally:
        postfix.stop()
    report.keep("postfix", series)
    report.ratio("  against a queue", rates, "Postfix", series, 10.0)


def measure_enqueue(options, dunlin, report):
    step(f"Accepting a file of {options.enqueue_lines:,} messages, durably, {options.runs} runs")
    lines = dunlin.lines("enqueue", options.enqueue_lines)
    rates, bare = Series(), Series()
    for number in range(options.runs):
        folder = dunlin.installation("enqueue", "{type: outbox}")
        rates.append(options.enqueue_lines / dunlin.accept(folder, lines, options.enqueue_lines).seconds)
        bare.append(options.enqueue_lines / bare_inserts(lines, folder))
        note(f"run {number + 1}: {count(rates[-1])}/s; SQLite's bare inserts {count(bare[-1])}/s")
        shutil.rmtree(folder)
    lines.unlink()
    report.keep("enqueue", rates)
    report.keep("bare_inserts", bare)
    report.add(
        f"enqueue of {options.enqueue_lines:,}", rates.text, f"bare inserts: {bare.text}",
        f"{rates.median / bare.median:.2f} x", "30,000/s", rates.median >= 30_000,
    )


def measure_growth(options, dunlin, sink, report):
    million = options.million
    step(f"Draining {options.messages:,} beside {million:,} that wait, and after {million:,} that have gone")
    installations = {}
    for name, others, due in [("few", 10_000, "2099-01-01T00:00:00Z"), ("waiting", million, "2099-01-01T00:00:00Z"),
                              ("finished", million, None)]:
        folder = installations[name] = dunlin.installation(name, smtp(sink.port))
        lines = dunlin.lines(name, others, due)
        ended = dunlin.accept(folder, lines, others)
        lines.unlink()
        note(f"{name}: {others:,} accepted at {count(others / ended.seconds)}/s, {ended.peak_mib:.0f} MiB at most")
        if due is None:
            ended = dunlin.drain(folder, others, sink)
            report.figures["drain_of_all"] = {
                "messages": others, "per_second": others / ended.seconds, "peak_mib": ended.peak_mib,
            }
            note(f"{name}: {others:,} drained at {count(others / ended.seconds)}/s, {ended.peak_mib:.0f} MiB at most")
    rates = {name: Series() for name in installations}
    peaks = Series()
    for number in range(options.runs):
        for name, folder in installations.items():
            lines = dunlin.lines(f"{name}-{number}", options.messages)
            dunlin.accept(folder, lines, options.messages)
            lines.unlink()
            ended = dunlin.drain(folder, options.messages, sink)
            rates[name].append(options.messages / ended.seconds)
            if name == "waiting":
                peaks.append(ended.peak_mib)
        note(f"run {number + 1}: " + ", ".join(f"{name} {count(rates[name][-1])}/s" for name in rates))
    for name, folder in installations.items():
        report.keep(f"drain_{name}", rates[name])
        shutil.rmtree(folder)
    report.keep("peak_mib", peaks)
    for name, words in [("waiting", f"drain beside {million:,} waiting"), ("finished", f"drain after {million:,} finished")]:
        report.ratio(words, rates[name], "beside 10,000", rates["few"], 0.85)
    report.add(f"memory with {million:,} waiting", f"{max(peaks):.0f} MiB", "", "", "150 MiB", max(peaks) < 150)


def measure_slow(options, dunlin, report):
    messages = options.slow_messages
    step(f"One connection to a server that answers after {SLOW_REPLY_MS} ms, {messages:,} messages, {options.runs} runs")
    letter = dunlin.letter()
    each = f'url = "smtp://127.0.0.1:%d"\nmail-from = "a@example.com"\nmail-rcpt = "b@example.org"\nupload-file = "{letter}"\n'
    lines = dunlin.lines("slow", messages)
    rates, upload = Series(), Series()
    sink = SlowSink(SLOW_REPLY_MS)
    try:
        plan = dunlin.folder / "curl.config"
        plan.write_text("next\n".join([each % sink.port] * messages))
        for number in range(options.runs):
            folder = dunlin.installation("slow", smtp(sink.port, connections=1))
            dunlin.accept(folder, lines, messages)
            for series, command in [
                (rates, [dunlin.program, "work", "--until-empty"]), (upload, ["curl", "-sS", "-K", str(plan)]),
            ]:
                ended = run(command, folder, dunlin.environment)
                taken = sink.taken()
                if taken != {"connections": 1, "messages": messages}:
                    fail(f"'{command[0]}' was to send {messages} messages over one connection, and it was {taken}")
                series.append(messages / ended.seconds)
            note(f"run {number + 1}: dunlin {rates[-1]:.1f}/s, curl {upload[-1]:.1f}/s")
    finally:
        sink.stop()
    report.keep("slow_server", rates)
    report.keep("slow_server_curl", upload)
    report.ratio(f"one connection, replies after {SLOW_REPLY_MS} ms", rates, "curl's upload", upload, 2.0)


def measure_phases(options, dunlin, sink, report):
    step(f"Where the processor's time goes: {options.messages:,} messages with 'dunlin work --profile'")
    folder = dunlin.installation("profile", smtp(sink.port))
    dunlin.accept(folder, dunlin.lines("profile", options.messages), options.messages)
    text = dunlin.drain(folder, options.messages, sink, "--profile").output.strip()
    found = re.findall(r"^(.+?)\s+[\d.]+ s\s+([\d.]+) µs$", text, re.MULTILINE)
    report.figures["phases_us"] = {name.strip(): float(each) for name, each in found}
    return text


def main():
    parser = argparse.ArgumentParser(prog="deploy/benchmark", usage="deploy/benchmark --help lists the options", add_help=False)
    parser.add_argument("--dunlin", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--postfix-messages", type=int, default=10_000)
    parser.add_argument("--enqueue-lines", type=int, default=200_000)
    parser.add_argument("--million", type=int, nargs="?", const=1_000_000, default=1_000_000)
    parser.add_argument("--slow-messages", type=int, default=200)
    parser.add_argument("--folder", default="/var/tmp")
    parser.add_argument("--only-arguments", action="store_true", help="check them, and measure nothing")
    options = parser.parse_args()
    if min(options.runs, options.messages, options.postfix_messages, options.enqueue_lines, options.slow_messages) < 1:
        fail("a number below 1 measures nothing")
    if not os.path.isdir(options.folder):
        fail(f"--folder {options.folder}: there is no such folder")
    if not options.quick and shutil.disk_usage(options.folder).free < options.million * 6000:
        fail(f"{options.folder} has no room for {options.million:,} messages twice: name another --folder, or use --quick")
    if options.only_arguments:
        return

    folder = pathlib.Path(tempfile.mkdtemp(prefix="dunlin-benchmark.", dir=options.folder))
    # Postfix works as its own user, and must be able to come by.
    folder.chmod(0o711)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("benchmark: stopped"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    sink = None
    report = Report()
    try:
        dunlin = Dunlin(options.dunlin, folder)
        report.figures["machine"] = facts = machine(folder, dunlin)
        if facts["file_system"] == "tmpfs":
            note(f"{options.folder} lies in memory: what is durable costs nothing there, and the figures say too much")
        report.figures["message_bytes"] = size = dunlin.letter().stat().st_size
        sink = Sink(folder)
        rates = measure_drain(options, dunlin, sink, report)
        measure_postfix(options, dunlin, sink, report, rates)
        measure_enqueue(options, dunlin, report)
        if not options.quick:
            measure_growth(options, dunlin, sink, report)
        measure_slow(options, dunlin, report)
        phases = measure_phases(options, dunlin, sink, report)
    finally:
        if sink:
            sink.stop()
        shutil.rmtree(folder, ignore_errors=True)

    step("Result")
    print(
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gib']} GiB, Linux {facts['kernel']}, "
        f"{facts['file_system']}, fdatasync {facts['fdatasync_ms']} ms\n"
        f"dunlin {facts['dunlin']}, Swift {facts['swift']}, SQLite {facts['sqlite']}, libcurl {facts['libcurl']}, "
        f"Postfix {facts['postfix']}\n"
        f"Medians of {options.runs}; messages of {size:,} bytes, smtp-source's of {BODY_BYTES:,} and headers; "
        f"times are those of whole processes, from start to exit.\n"
    )
    print(report.text())
    print(f"\nProcessor time by phase of 'dunlin work --profile':\n{phases}")
    if options.json:
        report.figures["rows"] = report.rows
        pathlib.Path(options.json).write_text(json.dumps(report.figures, indent=2, ensure_ascii=False) + "\n")
        print(f"\nEvery run's figures are in {options.json}.")
    if options.check and not report.all_met():
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
