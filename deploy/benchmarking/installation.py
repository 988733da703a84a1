"""The program under measurement: its configuration, its template, its messages."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import time

from running import fail, run

# SMTP sessions of every drain, and what smtp-source puts into a message beside its headers.
SESSIONS = 32
BODY_BYTES = 2000

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
{brand}channels:
  email: {{transports: [{transport}]{limits}}}
  webhook: {{transports: [{webhook}]}}
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

    def installation(self, name, transport, webhook="{type: outbox}", limits="", brand=""):
        """A fresh folder with a configuration."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "dunlin.yaml").write_text(
            SETTINGS.format(templates=self.templates, transport=transport, webhook=webhook, limits=limits,
                            brand=brand)
        )
        return folder

    def __call__(self, folder, *words):
        return run([self.program, *words], folder, self.environment)

    def lines(self, name, messages, due=None, domains=50, domain=None):
        """A file of distinct messages as JSON Lines. Their keys start with `name`."""
        path = self.folder / f"{name}.ndjson"
        extra = f',"due":"{due}"' if due else ""
        with open(path, "w") as file:
            for i in range(messages):
                host = domain or f"d{i % domains}.example.com"
                file.write(
                    f'{{"key":"{name}/{i}","channel":"email","to":"Customer {i} <customer.{i}@{host}>",'
                    f'"brand":"benchmark","template":"benchmark"{extra},"vars":{{"customer":{{"name":"Customer {i}"}},'
                    f'"invoices":[{{"number":"INV-{i}","amount":"${i % 900 + 99}.00","due_date":"November 30, 2026"}},'
                    f'{{"number":"INV-{i}-B","amount":"$1,200.00","due_date":"December 7, 2026"}}],'
                    f'"total":"${i % 900 + 1299}.00","pay_url":"https://pay.example.com/{i}"}}}}\n'
                )
        return path

    def opt_outs(self, name, number):
        """A CSV file of opt-outs of people that get no message here."""
        path = self.folder / f"{name}.csv"
        with open(path, "w") as file:
            file.write("address\n")
            for i in range(number):
                file.write(f"nobody.{i}@d{i % 50}.example.com\n")
        return path

    def people(self, folder, number):
        """People of two addresses each, of whom something is known; some get messages. Returns when all is in one file.

        They are not listed in memory: a command that is started later would count it as its own.
        """
        database = sqlite3.connect(folder / "dunlin.sqlite")
        keys = ((f"customer.{i}@d{i % 50}.example.com", f"person {i // 2}") for i in range(number))
        with database:
            database.executemany(
                "INSERT INTO addressee (address_key, person, kind) VALUES (?, ?, 'personal')", keys
            )
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def webhooks(self, name, messages):
        """The same for the channel webhook."""
        path = self.folder / f"{name}.ndjson"
        with open(path, "w") as file:
            for i in range(messages):
                file.write(
                    f'{{"key":"{name}/{i}","channel":"webhook","to":"customer:{i}","content":{{"subject":"INV-{i}",'
                    f'"text":"Customer {i}: the invoices below are due, and we have not seen a payment yet. Total: $1,299.00"}}}}\n'
                )
        return path

    def accept(self, folder, lines, messages):
        ended = self(folder, "enqueue", str(lines), "--json")
        accepted = json.loads(ended.output)["accepted"]
        if accepted != messages:
            fail(f"of {messages:,} messages, {accepted:,} were accepted:\n{ended.output}")
        return ended

    def time_until(self, folder, messages, sink):
        """Seconds from the start of a worker until so many messages have arrived; then it is stopped."""
        before, start = sink.arrived(), time.monotonic()
        worker = subprocess.Popen([self.program, "work", "--until-empty"], cwd=folder, env=self.environment,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while sink.arrived() < before + messages:
                if worker.poll() is not None or time.monotonic() - start > 300:
                    fail(f"only {sink.arrived() - before:,} of {messages:,} messages have arrived")
                time.sleep(0.02)
            return time.monotonic() - start
        finally:
            worker.terminate()
            worker.wait()

    def drain(self, folder, messages, sink, *words):
        """Sends what is due, and makes sure that it arrived, each once. What was written before is on the disk by then."""
        os.sync()
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
