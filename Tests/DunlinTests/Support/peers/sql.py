"""Runs one statement on a SQLite database that nobody works on, and prints how many rows it changed, as JSON.

Arguments: the file, the statement.
"""

import json
import sqlite3
import sys

with sqlite3.connect(sys.argv[1]) as database:
    print(json.dumps({"changed": database.execute(sys.argv[2]).rowcount}))
