"""A real Postfix, the queue that drains are compared with."""

import subprocess
import time

from installation import BODY_BYTES, SESSIONS
from running import as_root, await_port, fail, free_port, run


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
