"""The measurements of deploy/benchmark, which prepares the machine, builds dunlin and starts this."""

import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import sys
import tempfile

from installation import BODY_BYTES, Dunlin
from machine import machine
from measurements import (
    measure_compliance, measure_drain, measure_enqueue, measure_growth, measure_head_of_line, measure_http, measure_https,
    measure_limits, measure_phases, measure_postfix, measure_slow,
)
from report import Report
from running import fail, note, step
from smtp_sinks import Sink


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
    parser.add_argument("--http-seconds", type=int, default=5)
    parser.add_argument("--http-messages", type=int, default=300)
    parser.add_argument("--https-messages", type=int, default=20_000)
    parser.add_argument("--only-http", action="store_true")
    parser.add_argument("--only-compliance", action="store_true")
    parser.add_argument("--folder", default="/var/tmp")
    parser.add_argument("--only-arguments", action="store_true", help="check them, and measure nothing")
    options = parser.parse_args()
    if min(options.runs, options.messages, options.postfix_messages, options.enqueue_lines, options.slow_messages,
           options.http_seconds, options.http_messages, options.https_messages) < 1:
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
        phases = ""
        if options.only_compliance:
            measure_drain(options, dunlin, sink, report)
            measure_compliance(options, dunlin, sink, report)
        elif not options.only_http:
            rates = measure_drain(options, dunlin, sink, report)
            measure_limits(options, dunlin, sink, report)
            measure_compliance(options, dunlin, sink, report)
            measure_head_of_line(options, dunlin, sink, report)
            measure_postfix(options, dunlin, sink, report, rates)
            measure_enqueue(options, dunlin, report)
            if not options.quick:
                measure_growth(options, dunlin, sink, report)
            measure_slow(options, dunlin, report)
            phases = measure_phases(options, dunlin, sink, report)
        if not options.only_compliance:
            measure_http(options, dunlin, sink, report)
            measure_https(options, dunlin, report)
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
        f"Medians of {options.runs}, the least of processor time; messages of {size:,} bytes, smtp-source's of {BODY_BYTES:,} and headers; "
        f"times are those of whole processes, from start to exit.\n"
    )
    print(report.text())
    if phases:
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
