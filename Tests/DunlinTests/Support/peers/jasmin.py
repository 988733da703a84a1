"""Jasmin's HTTP gateway as far as Dunlin uses it: its errors, and receipts that come twice, in disorder, and again until
they are acknowledged.

options: log, password. It logs each text that it accepts: {"id", "to", "text"}; and what each receipt was answered:
{"receipt", "status", "answer"}. The last digit of the number says what becomes of a text: 0 delivered, 1 no route for the
destination (400), 2 taken and its answer lost, then delivered, 3 refused as the system is busy (500) though nothing was
taken, 4 undeliverable, 5 delivered though UNDELIV is reported before, 6 slow, then delivered.
"""

import http.server
import json
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

options = json.loads(sys.argv[1])
log = open(options["log"], "a", encoding="utf-8", buffering=1)
lock = threading.Lock()
taken = 0


def note(entry):
    with lock:
        log.write(json.dumps(entry) + "\n")


def report(url, identity, statuses):
    """Posts receipts as dlr-level 3 does: at most three times each, until the answer is ACK/Jasmin."""
    for status in statuses:
        for _ in range(3):
            fields = {"id": identity, "message_status": status, "level": "3", "connector": "smpp", "id_smsc": "1",
                      "subdate": "2611260900", "donedate": "2611260901", "sub": "001", "dlvrd": "001", "err": "000",
                      "text": "-"}
            try:
                with urllib.request.urlopen(url, urllib.parse.urlencode(fields).encode(), timeout=10) as answer:
                    told = (answer.status, answer.read().decode())
            except urllib.error.HTTPError as error:
                told = (error.code, "")
            except OSError:
                told = (0, "")
            note({"receipt": status, "status": told[0], "answer": told[1]})
            if told == (200, "ACK/Jasmin"):
                break
            time.sleep(0.05)


class Jasmin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        global taken
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
        if form.get("password") != options["password"]:
            return self.answer(403, 'Error "Authentication failure for username:dunlin"')
        kind = form["to"][-1]
        if kind == "1":
            return self.answer(400, 'Error "Argument [to] has an invalid value: destination unknown"')
        if kind == "3":
            return self.answer(500, 'Error "Cannot send submit_sm, check SMPPClientManagerPB log file for details"')
        with lock:
            taken += 1
            identity = "07033084-5cfd-4812-90a4-%012x" % taken
        note({"id": identity, "to": form["to"], "text": bytes.fromhex(form["hex-content"]).decode("utf-16-be")})
        statuses = {"4": ["ACCEPTD", "UNDELIV", "UNDELIV"], "5": ["UNDELIV", "DELIVRD", "ACCEPTD"]}
        threading.Thread(target=report, args=(form["dlr-url"], identity, statuses.get(kind, ["DELIVRD", "DELIVRD"])),
                         daemon=True).start()
        if kind == "2":
            self.close_connection = True
            self.connection.close()
            return
        if kind == "6":
            time.sleep(1)
        self.answer(200, f'Success "{identity}"')

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Jasmin)
log.write(json.dumps({"port": server.server_port}) + "\n")
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
