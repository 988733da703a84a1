"""The least that a durable HTTP endpoint can do: it inserts each body as a row, many in one commit, and answers 202.

minimal_endpoint.py PORT DATABASE
"""

import asyncio
import sqlite3
import sys

port, path = int(sys.argv[1]), sys.argv[2]
database = sqlite3.connect(path, isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE row (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)")
waiting = []
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


def commit():
    rows = waiting.copy()
    waiting.clear()
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO row (body) VALUES (?)", [(body,) for body, _ in rows])
    database.execute("COMMIT")
    for _, done in rows:
        if not done.done():
            done.set_result(None)


async def serve(reader, writer):
    loop = asyncio.get_running_loop()
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(length)
            done = loop.create_future()
            waiting.append((body, done))
            if len(waiting) == 1:
                loop.call_soon(commit)
            await done
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=256)
    async with server:
        await server.serve_forever()


asyncio.run(main())
