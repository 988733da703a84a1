"""Looks into a database that nobody works on and prints what it finds, as JSON.

Its argument is the SQLite file: integrity (what PRAGMA integrity_check says), states (messages by state), and uncertain
(for each key, how many of its attempts were lost with their worker).
"""

import json
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1])
print(
    json.dumps(
        {
            "integrity": database.execute("PRAGMA integrity_check").fetchone()[0],
            "states": dict(database.execute("SELECT state, count(*) FROM message GROUP BY state")),
            "uncertain": dict(
                database.execute(
                    "SELECT content.key, count(*) FROM event JOIN content ON content.id = event.message"
                    " WHERE event.kind = 'uncertain' AND event.detail LIKE 'worker_died%' GROUP BY content.key"
                )
            ),
        }
    )
)
