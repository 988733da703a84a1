"""Slack's and Teams' incoming webhooks, and a partner's endpoint for signed messages.

options: log, kind (slack, teams or partner), secret (of the partner). It logs each message that it shows:
{"text", "id", "again"}; the partner knows by its webhook-id what comes again. A word in the text says what happens:
`lose` it is shown and the answer is lost, once; `throttle` it is asked to come later, once; `refuse` it is refused for good;
`slow` the answer takes a second; `broken` it is shown and 500 is answered, once.
"""

import base64
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

options = json.loads(sys.argv[1])
log = open(options["log"], "a", encoding="utf-8", buffering=1)
lock = threading.Lock()
times = {}
ids = set()

THROTTLED = {"slack": (429, "rate_limited"), "partner": (503, "busy"),
             "teams": (200, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 "
                            "with ContextId tcid=0,server=x,cv=y.")}
REFUSED = {"slack": (400, "invalid_payload"), "partner": (422, "unknown recipient"),
           "teams": (400, "Bad payload received by generic incoming webhook.")}
TAKEN = {"slack": (200, "ok"), "teams": (200, "1"), "partner": (202, "")}


def is_signed(headers, body):
    """As Standard Webhooks says: any of the signatures, within five minutes."""
    stamp = headers.get("webhook-timestamp", "0")
    signed = f"{headers.get('webhook-id')}.{stamp}.".encode() + body
    key = base64.b64decode(options["secret"].removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return abs(time.time() - int(stamp)) < 300 and wanted in headers.get("webhook-signature", "").split(" ")


def text_of(value):
    if options["kind"] == "slack":
        return value["text"].splitlines()[-1]
    if options["kind"] == "teams":
        return value["attachments"][0]["content"]["body"][-1]["text"]
    return value["data"]["text"]


class Chat(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text, after=None):
        body = text.encode()
        self.send_response(status)
        if after:
            self.send_header("Retry-After", after)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        kind = options["kind"]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if kind == "partner" and not is_signed(self.headers, body):
            return self.answer(401, "not signed")
        text = text_of(json.loads(body))
        identity = self.headers.get("webhook-id", "")
        with lock:
            times[text] = times.get(text, 0) + 1
            is_first = times[text] == 1
        if "refuse" in text:
            return self.answer(*REFUSED[kind])
        if "throttle" in text and is_first:
            return self.answer(*THROTTLED[kind], after=None if kind == "teams" else "1")
        with lock:
            log.write(json.dumps({"text": text, "id": identity, "again": identity in ids}) + "\n")
            if kind == "partner":
                ids.add(identity)
        if "lose" in text and is_first:
            self.close_connection = True
            self.connection.close()
            return
        if "broken" in text and is_first:
            return self.answer(500, "server_error")
        if "slow" in text:
            time.sleep(1)
        self.answer(*TAKEN[kind])

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat)
log.write(json.dumps({"port": server.server_port}) + "\n")
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
