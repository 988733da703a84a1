"""What schemathesis has to know of Dunlin's API: how JSON Lines are written."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value):
    lines = value if isinstance(value, list) else [value]
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()
