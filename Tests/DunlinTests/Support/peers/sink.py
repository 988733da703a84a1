"""An SMTP server that takes mail as fast as it can, obeys rules, and logs each message before it answers for it.

Its one argument is a JSON object: log (file), keep (folder for messages), delay (seconds before each reply), extensions
(list), rules (list of {at, to, connection, times, say, then}). It ends when its standard input does. Times are those of
CLOCK_MONOTONIC, in nanoseconds.
"""

import asyncio
import json
import re
import sys
import time

OPTIONS = json.loads(sys.argv[1])
LOG = open(OPTIONS["log"], "w", buffering=1 << 16)
DELAY = OPTIONS.get("delay", 0)
EXTENSIONS = OPTIONS.get("extensions", ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"])
RULES = OPTIONS.get("rules", [])
SUBJECT = re.compile(rb"^Subject: (.*)$", re.MULTILINE)
MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)", re.MULTILINE | re.IGNORECASE)
PATH = re.compile(r"<(.*)>")

connections = 0
arrivals = 0
lateness = 0


def log(**fields):
    LOG.write(json.dumps(fields) + "\n")


class Session(asyncio.Protocol):
    def connection_made(self, transport):
        global connections
        connections += 1
        self.number = connections
        self.transport = transport
        self.buffer = bytearray()
        self.replies = []
        self.later = None
        self.in_data = False
        self.silent = False
        self.reset()
        self.obey("CONNECT", "220 sink.example ESMTP")
        self.flush()

    def reset(self):
        self.sender = ""
        self.parameters = ""
        self.recipients = []
        self.mail_at = 0

    def connection_lost(self, error):
        if self.later:
            self.later.cancel()

    def rule(self, step):
        for rule in RULES:
            if rule["at"] != step or rule.get("times", 1) == 0:
                continue
            if rule.get("connection", self.number) != self.number:
                continue
            if "to" in rule and not any(rule["to"] in recipient for recipient in self.recipients):
                continue
            if "times" in rule:
                rule["times"] -= 1
            return rule
        return None

    def obey(self, step, usual):
        """Answers a step as a rule says, or as usual; gives what was answered."""
        rule = self.rule(step)
        answer = usual if rule is None else rule.get("say", "")
        if answer:
            self.replies.append((answer + "\r\n").encode())
        if rule is not None and rule.get("then") == "close":
            self.flush()
            self.silent = True
            self.transport.close()
        elif rule is not None and rule.get("then") == "silence":
            self.silent = True
        return answer

    def data_received(self, data):
        now = time.monotonic_ns()
        if self.silent:
            return
        self.buffer += data
        while not self.silent and (self.take_body() if self.in_data else self.take_line(now)):
            pass
        LOG.flush()
        self.flush()

    def take_line(self, now):
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = self.buffer[:end].decode("utf-8", "replace")
        del self.buffer[: end + 2]
        verb = line.split(" ")[0].upper()
        if verb == "EHLO":
            lines = ["sink.example"] + EXTENSIONS
            self.obey("EHLO", "\r\n".join("250-" + word for word in lines[:-1]) + "\r\n250 " + lines[-1])
        elif verb == "MAIL":
            self.reset()
            self.mail_at = now
            match = PATH.search(line)
            self.sender = match.group(1) if match else ""
            self.parameters = line[match.end() :].strip() if match else ""
            self.obey("MAIL", "250 2.1.0 Ok")
        elif verb == "RCPT":
            match = PATH.search(line)
            self.recipients.append(match.group(1) if match else "")
            if not self.obey("RCPT", "250 2.1.5 Ok").startswith("2"):
                self.recipients.pop()
        elif verb == "DATA":
            if not self.recipients:
                self.replies.append(b"554 5.5.1 No valid recipients\r\n")
            else:
                self.in_data = self.obey("DATA", "354 Go on").startswith("3")
        elif verb == "RSET":
            self.reset()
            self.obey("RSET", "250 2.0.0 Ok")
        elif verb == "QUIT":
            self.replies.append(b"221 2.0.0 Bye\r\n")
            self.flush()
            self.silent = True
            if self.later is None:
                self.transport.close()
        else:
            self.obey(verb, "502 5.5.2 Not here")
        return True

    def take_body(self):
        end = 0 if self.buffer.startswith(b".\r\n") else self.buffer.find(b"\r\n.\r\n")
        if end < 0:
            return False
        body = bytes(self.buffer[: end + 2]) if end else b""
        del self.buffer[: end + (5 if end else 3)]
        self.in_data = False
        self.record(body)
        return True

    def record(self, body):
        global arrivals
        arrivals += 1
        file = None
        if "keep" in OPTIONS:
            file = f"{OPTIONS['keep']}/{arrivals:06}.eml"
            with open(file, "wb") as kept:
                kept.write(re.sub(rb"(^|\r\n)\.", rb"\1", body))
        head = body[: body.find(b"\r\n\r\n") + 2]
        subject, message_id = SUBJECT.search(head), MESSAGE_ID.search(head)
        answer = self.obey(".", "250 2.0.0 Ok: taken")
        log(
            connection=self.number,
            mail_at=self.mail_at,
            sender=self.sender,
            parameters=self.parameters,
            recipients=self.recipients,
            subject=subject.group(1).decode("utf-8", "replace").strip() if subject else "",
            message_id=message_id.group(1).decode("ascii", "replace") if message_id else "",
            file=file,
            answer=answer,
            lateness=lateness,
        )
        self.reset()

    def flush(self):
        if not self.replies or self.transport.is_closing():
            return
        if not DELAY:
            self.transport.write(b"".join(self.replies))
            self.replies = []
        elif self.later is None:
            self.later = asyncio.get_running_loop().call_later(DELAY, self.answer_one)

    def answer_one(self):
        self.later = None
        if self.replies:
            self.transport.write(self.replies.pop(0))
        if self.replies:
            self.flush()
        elif self.silent:
            self.transport.close()


async def watch_lateness():
    """How late this loop has been at most: arrivals are noticed so much after they came."""
    global lateness
    while True:
        start = time.monotonic_ns()
        await asyncio.sleep(0.002)
        lateness = max(lateness, time.monotonic_ns() - start - 2_000_000)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Session, "127.0.0.1", 0, backlog=1024)
    log(port=server.sockets[0].getsockname()[1])
    LOG.flush()
    over = loop.create_future()
    loop.add_reader(0, lambda: over.done() or over.set_result(None))
    watch = asyncio.create_task(watch_lateness())
    await over
    watch.cancel()


asyncio.run(main())
