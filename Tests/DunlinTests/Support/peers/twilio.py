"""Twilio's Messages API as far as Dunlin uses it, with its errors, and callbacks that come signed, twice and in disorder.

options: log, account, token. It logs each text that it accepts: {"sid", "to", "body", "callback"}; and each callback's
answer: {"callback", "status"}. The last digit of the number says what becomes of a text: 0 delivered, 1 refused as no
number (21211), 2 refused as opted out (21610), 3 taken and its answer lost, 4 refused with 429 at first, 5 delivered though
'failed' is reported before, 6 taken and later refused as opted out, 7 taken, its answer lost, and never reported.
"""

import base64
import email.utils
import hashlib
import hmac
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
texts = []
asked = {}


def note(entry):
    with lock:
        log.write(json.dumps(entry) + "\n")


def call_back(text, status, code=None):
    """Posts a status as Twilio does."""
    if not text["callback"]:
        return
    fields = {"MessageSid": text["sid"], "SmsSid": text["sid"], "MessageStatus": status, "SmsStatus": status,
              "AccountSid": options["account"], "From": "+12025550199", "To": text["to"], "ApiVersion": "2010-04-01"}
    if code:
        fields["ErrorCode"] = str(code)
    signed = text["callback"] + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(options["token"].encode(), signed.encode(), hashlib.sha1).digest())
    request = urllib.request.Request(text["callback"], urllib.parse.urlencode(fields).encode(),
                                     {"X-Twilio-Signature": signature.decode()})
    try:
        answer = urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        answer = error.code
    except OSError:
        answer = 0
    note({"callback": status, "status": answer})


def report(text, kind):
    statuses = {"0": [("sent", None), ("delivered", None), ("delivered", None), ("sent", None)],
                "3": [("delivered", None)],
                "5": [("failed", 30008), ("sent", None), ("delivered", None)],
                "6": [("undelivered", 21610), ("undelivered", 21610)]}.get(kind, [])
    for status, code in statuses:
        call_back(text, status, code)


class Twilio(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def fail(self, status, code, message):
        self.answer(status, {"code": code, "message": message, "status": status,
                             "more_info": f"https://www.twilio.com/docs/errors/{code}"})

    def is_signed_in(self):
        word = base64.b64encode(f"{options['account']}:{options['token']}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {word}":
            return True
        self.fail(401, 20003, "Authenticate")
        return False

    def do_GET(self):
        if not self.is_signed_in():
            return
        wanted = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).get("To", [""])[0]
        with lock:
            found = [text for text in texts if text["to"] == wanted]
        self.answer(200, {"messages": [
            {"sid": text["sid"], "to": text["to"], "body": text["body"], "status": "sent",
             "direction": "outbound-api", "date_created": email.utils.formatdate(text["at"])} for text in found]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if not self.is_signed_in():
            return
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
        kind = form["To"][-1]
        with lock:
            asked[form["To"]] = asked.get(form["To"], 0) + 1
            times = asked[form["To"]]
        if kind == "1":
            return self.fail(400, 21211, "The 'To' number is not a valid phone number.")
        if kind == "2":
            return self.fail(400, 21610, "Attempt to send to unsubscribed recipient")
        if kind == "4" and times == 1:
            return self.fail(429, 20429, "Too Many Requests")
        text = {"sid": "SM%032x" % len(texts), "to": form["To"], "body": form["Body"], "at": time.time(),
                "callback": form.get("StatusCallback")}
        with lock:
            texts.append(text)
        note({name: text[name] for name in ("sid", "to", "body", "callback")})
        if kind in "37" and times == 1:
            self.close_connection = True
            self.connection.close()
        else:
            self.answer(201, {"sid": text["sid"], "status": "queued", "to": text["to"], "num_segments": "1",
                              "error_code": None})
        threading.Thread(target=report, args=(text, kind), daemon=True).start()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Twilio)
log.write(json.dumps({"port": server.server_port}) + "\n")
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
