"""An SMTP server that takes everything, and whose every reply leaves a fixed time after its command arrived.

    python3 slow_sink.py MILLISECONDS

Listens on a free loopback port and prints it; then one line of JSON with the connections and messages so far whenever a
client has gone. It stands for a relay that is far away: commands that arrive together are answered together.
"""

import asyncio
import json
import sys


class Session(asyncio.Protocol):
    delay = 0.0
    connections = 0
    messages = 0

    def connection_made(self, transport):
        Session.connections += 1
        self.transport = transport
        self.received = bytearray()
        self.in_body = False
        self.last_reply = 0.0
        self.reply(b"220 slow.example ESMTP\r\n")

    def connection_lost(self, _error):
        print(json.dumps({"connections": Session.connections, "messages": Session.messages}), flush=True)

    def reply(self, text):
        loop = asyncio.get_running_loop()
        # Timers of the same instant have no order, so no two are of the same instant.
        self.last_reply = max(loop.time() + Session.delay, self.last_reply + 1e-6)
        loop.call_at(self.last_reply, self.write, text)

    def write(self, text):
        if not self.transport.is_closing():
            self.transport.write(text)
            if text.startswith(b"221"):
                self.transport.close()

    def data_received(self, data):
        self.received += data
        while True:
            if self.in_body:
                end = self.received.find(b"\r\n.\r\n")
                if end < 0:
                    return
                del self.received[: end + 5]
                self.in_body = False
                Session.messages += 1
                self.reply(b"250 2.0.0 taken\r\n")
                continue
            end = self.received.find(b"\r\n")
            if end < 0:
                return
            verb = bytes(self.received[:end]).split(b" ")[0].upper()
            del self.received[: end + 2]
            if verb == b"EHLO":
                self.reply(b"250-slow.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n")
            elif verb == b"DATA":
                self.in_body = True
                self.reply(b"354 go on\r\n")
            elif verb == b"QUIT":
                self.reply(b"221 2.0.0 bye\r\n")
            else:
                self.reply(b"250 2.0.0 fine\r\n")


async def main():
    Session.delay = float(sys.argv[1]) / 1000
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
