"""An endpoint of a subscriber: logs each post, and answers as it was told.

options: log, statuses (in order, the last one for ever), location (of a redirect)
"""

import http.server
import json
import sys
import threading
import time

options = json.loads(sys.argv[1])
log = open(options["log"], "a", encoding="utf-8", buffering=1)
lock = threading.Lock()
taken = 0


class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global taken
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            status = options["statuses"][min(taken, len(options["statuses"]) - 1)]
            taken += 1
            note = {"at": time.time(), "status": status, "body": body.decode(),
                    "headers": {name.lower(): value for name, value in self.headers.items()}}
            log.write(json.dumps(note) + "\n")
        self.send_response(status)
        if options.get("location") and status // 100 == 3:
            self.send_header("Location", options["location"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
log.write(json.dumps({"port": server.server_port}) + "\n")
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
