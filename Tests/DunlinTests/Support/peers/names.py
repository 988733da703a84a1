"""A name server on 127.0.0.1 that knows some TXT records, and says of every other name that it is not there.

options: log, records (texts by name; one longer than 255 bytes is split), broken (names for which it fails)
"""

import json
import socket
import sys
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

options = json.loads(sys.argv[1])
log = open(options["log"], "a", encoding="utf-8", buffering=1)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
log.write(json.dumps({"port": server.getsockname()[1]}) + "\n")


def serve():
    while True:
        packet, peer = server.recvfrom(4096)
        question = dns.message.from_wire(packet)
        name = question.question[0].name.to_text().rstrip(".")
        answer = dns.message.make_response(question)
        text = options["records"].get(name)
        if name in options.get("broken", []):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif text is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            strings = " ".join(f'"{text[start:start + 200]}"' for start in range(0, len(text), 200))
            answer.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", "TXT", strings))
        server.sendto(answer.to_wire(), peer)


threading.Thread(target=serve, daemon=True).start()
sys.stdin.read()
