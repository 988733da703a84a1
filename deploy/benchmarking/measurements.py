"""Each measurement: what runs, beside which peer, and what goes into the report."""

import json
import re
import shutil
import sqlite3
import time

from http_load import CONNECTIONS, dunlin_server, latencies, minimal_server, wrk
from https_server import HTTPSServer
from installation import BODY_BYTES, SESSIONS, smtp
from postfix import Postfix
from report import Series
from running import count, fail, note, run, step
from smtp_sinks import SlowSink

SLOW_REPLY_MS = 20
DOMAINS = 10_000


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
    report.add("  CPU for each message", f"{cpu.least:.1f} µs", f"smtp-source -d: {source_cpu.least:.1f} µs")
    return rates


def measure_limits(options, dunlin, sink, report):
    step(f"Draining {options.messages:,} messages to {DOMAINS:,} domains, with a limit for each and without, {options.runs} runs")
    lines = dunlin.lines("limits", options.messages, domains=DOMAINS)
    cpu = {"without": Series(), "with": Series()}
    for number in range(options.runs):
        for name, limits in [("without", ", shipped_limits: false"),
                             ("with", ", limits: [{each: domain, rate: 1000/s, concurrency: 500}]")]:
            folder = dunlin.installation("limits", smtp(sink.port), limits=limits)
            dunlin.accept(folder, lines, options.messages)
            ended = dunlin.drain(folder, options.messages, sink)
            cpu[name].append(ended.cpu_seconds / options.messages * 1e6)
        note(f"run {number + 1}: {cpu['with'][-1]:.1f} µs of CPU each with limits, {cpu['without'][-1]:.1f} µs without")
    for name, series in cpu.items():
        report.keep(f"limits_{name}_cpu_us", series)
    report.difference(f"a limit for each of {DOMAINS:,} domains", cpu["with"], "without", cpu["without"], 3)


GATE = ("    compliance: {send_hours: {from: \"00:00\", to: \"24:00\"}, frequency: [{most: 1000, within: 7d}], "
        "time_zone: America/New_York}\n")
LINKS = 'http: {public_url: "https://reminders.example.com"}\n'


def measure_compliance(options, dunlin, sink, report):
    """What rules, links and signatures cost: each variant drains the same messages, the gate among many opt-outs and people."""
    number = 100_000 if options.quick else options.million
    step(f"Draining {options.messages:,} messages plain, with rules among {number:,} opt-outs and people, with links, and "
         f"signed, {options.runs} runs")
    lines = dunlin.lines("comply", options.messages)
    crowd = dunlin.installation("crowd", smtp(sink.port))
    dunlin(crowd, "opt-out", "import", str(dunlin.opt_outs("opt-outs", number)))
    dunlin.people(crowd, number)
    keys = {}
    for kind in ("ed25519", "rsa"):
        keys[kind] = f"{dunlin.folder}/{kind}.pem"
        dunlin(dunlin.folder, "dkim", "new", "--selector", kind, "--domain", "example.com", "--type", kind,
               "--out", keys[kind])
    variants = {
        "plain": "    footer: never\n", "no rules": "    footer: never\n", "rules": "    footer: never\n" + GATE,
        "rules and links": GATE + LINKS,
        "Ed25519": GATE + f"    dkim: [{{selector: ed25519, key: {keys['ed25519']}}}]\n" + LINKS,
        "RSA-2048": GATE + f"    dkim: [{{selector: rsa, key: {keys['rsa']}}}]\n" + LINKS,
    }
    cpu = {name: Series() for name in variants}
    for number_of_run in range(options.runs):
        for name, brand in variants.items():
            folder = dunlin.installation("comply", smtp(sink.port), brand=brand)
            if name != "plain":
                shutil.copyfile(crowd / "dunlin.sqlite", folder / "dunlin.sqlite")
            dunlin.accept(folder, lines, options.messages)
            ended = dunlin.drain(folder, options.messages, sink)
            cpu[name].append(ended.cpu_seconds / options.messages * 1e6)
        note(f"run {number_of_run + 1}: " + ", ".join(f"{name} {series[-1]:.1f} µs" for name, series in cpu.items()))
    for name, series in cpu.items():
        report.keep(f"comply_{name.replace(' ', '_')}_cpu_us", series)
    for name, goal in [("no rules", None), ("rules", 10), ("rules and links", 20), ("Ed25519", None), ("RSA-2048", None)]:
        report.difference(f"{name}, {number:,} opt-outs and people", cpu[name], "plain", cpu["plain"], goal)


def measure_head_of_line(options, dunlin, sink, report):
    number = options.messages * 2
    step(f"Draining {number:,} messages, alone and behind {number:,} of a domain that takes one a second, {options.runs} runs")
    limits = ", limits: [{each: domain, domains: [slow.example], rate: 1/s}]"
    others, slow = dunlin.lines("others", number), dunlin.lines("slow", number, domain="slow.example")
    rates = {"alone": Series(), "behind": Series()}
    for run_number in range(options.runs):
        for name, files in [("alone", [others]), ("behind", [slow, others])]:
            folder = dunlin.installation("line", smtp(sink.port), limits=limits)
            for lines in files:
                dunlin.accept(folder, lines, number)
            rates[name].append(number / dunlin.time_until(folder, number, sink))
        note(f"run {run_number + 1}: {count(rates['behind'][-1])}/s behind them, {count(rates['alone'][-1])}/s alone")
    for name, series in rates.items():
        report.keep(f"line_{name}", series)
    report.ratio(f"{number:,} behind a domain with 1/s", rates["behind"], "alone", rates["alone"], 0.9)


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


def measure_http(options, dunlin, sink, report):
    step(f"Single messages over HTTP at {CONNECTIONS} connections for {options.http_seconds} s, {options.runs} runs")
    rates, bare, tails, bare_tails = Series(), Series(), Series(), Series()
    for number in range(options.runs):
        folder = dunlin.installation("http", "{type: outbox}")
        for series, tail, start in [
            (rates, tails, lambda: dunlin_server(dunlin, folder)), (bare, bare_tails, lambda: minimal_server(folder)),
        ]:
            server = start()
            try:
                rate, _, p99 = wrk(server, folder, options.http_seconds)
            finally:
                server.stop()
            series.append(rate)
            tail.append(p99)
        note(
            f"run {number + 1}: dunlin {count(rates[-1])}/s, p99 {tails[-1]:.1f} ms; "
            f"a row for each request {count(bare[-1])}/s, p99 {bare_tails[-1]:.1f} ms"
        )
        shutil.rmtree(folder)
    for name, series in [("http", rates), ("http_p99_ms", tails), ("http_bare", bare), ("http_bare_p99_ms", bare_tails)]:
        report.keep(name, series)
    report.add(
        "accept one message a request", rates.text, f"a row a request: {bare.text}",
        f"{rates.median / bare.median:.2f} x", "3,000/s", rates.median >= 3000,
    )
    report.add(
        "  99th percentile", f"{tails.median:.1f} ms", f"a row a request: {bare_tails.median:.1f} ms", "", "100 ms",
        tails.median < 100,
    )

    step(f"From the request until the mail server has it, {options.http_messages} messages one at a time")
    folder = dunlin.installation("latency", smtp(sink.port))
    server = dunlin_server(dunlin, folder)
    try:
        median, tail = latencies(server, sink, options.http_messages)
    finally:
        server.stop()
    report.figures["http_to_smtp_ms"] = {"p50": median, "p99": tail}
    report.add("request to mail server, median", f"{median:.1f} ms", "", "", "10 ms", median < 10)
    report.add("  99th percentile", f"{tail:.1f} ms", "", "", "50 ms", tail < 50)


def measure_https(options, dunlin, report):
    step(f"Delivering {options.https_messages:,} webhooks over HTTPS, 32 connections kept, {options.runs} runs")
    server = HTTPSServer(dunlin.folder)
    rates, peer, cpu = Series(), Series(), Series()
    try:
        lines = dunlin.webhooks("https", options.https_messages)
        for number in range(options.runs):
            peer.append(server.wrk(options.http_seconds))
            folder = dunlin.installation("https-drain", "{type: outbox}", webhook=server.transport)
            dunlin.accept(folder, lines, options.https_messages)
            ended = dunlin(folder, "work", "--until-empty")
            status = json.loads(dunlin(folder, "status", "--json").output)
            if status["messages"]["sent"] != options.https_messages:
                fail(f"not all webhooks were taken: {status['messages']}")
            rates.append(options.https_messages / ended.seconds)
            cpu.append(ended.cpu_seconds / options.https_messages * 1e6)
            note(f"run {number + 1}: dunlin {count(rates[-1])}/s with {cpu[-1]:.0f} µs of CPU each, wrk {count(peer[-1])}/s")
            shutil.rmtree(folder)
    finally:
        server.stop()
    for name, series in [("https", rates), ("https_cpu_us", cpu), ("https_wrk", peer)]:
        report.keep(name, series)
    report.add(
        "webhooks over HTTPS", rates.text, f"wrk: {peer.text}", f"{rates.median / peer.median:.2f} x", "3,000/s",
        rates.median >= 3000,
    )


def measure_phases(options, dunlin, sink, report):
    step(f"Where the processor's time goes: {options.messages:,} messages with 'dunlin work --profile'")
    folder = dunlin.installation("profile", smtp(sink.port))
    dunlin.accept(folder, dunlin.lines("profile", options.messages), options.messages)
    text = dunlin.drain(folder, options.messages, sink, "--profile").output.strip()
    found = re.findall(r"^(.+?)\s+[\d.]+ s\s+([\d.]+) µs$", text, re.MULTILINE)
    report.figures["phases_us"] = {name.strip(): float(each) for name, each in found}
    return text
