"""Reads message files with Python's email package and prints what a mail program would show, as a JSON list.

Its arguments are the files. A defect is whatever the parser under policy.default complains of, in headers or in parts.
"""

import base64
import json
import sys
from email import message_from_bytes, message_from_string, policy


def defects(part):
    for defect in part.defects:
        yield repr(defect)
    for name, value in part.items():
        for defect in getattr(value, "defects", ()):
            yield f"{name}: {defect!r}"
    if part.is_multipart():
        for child in part.iter_parts():
            yield from defects(child)


def words(message, kind):
    body = message.get_body((kind,))
    return None if body is None else body.get_content().replace("\r\n", "\n").rstrip("\n")


def files(message):
    for part in message.walk():
        if part.get_filename() is not None:
            yield {
                "filename": part.get_filename(),
                "type": part.get_content_type(),
                "base64": base64.b64encode(part.get_payload(decode=True)).decode(),
                "content_id": part["Content-ID"],
                "disposition": part.get_content_disposition(),
            }


def parse(source):
    """A header that is UTF-8 as it stands (RFC 6532) is read from text: from bytes the package takes ASCII alone."""
    head = source[: source.replace(b"\r\n", b"\n").find(b"\n\n")]
    if head.isascii():
        return message_from_bytes(source, policy=policy.default)
    return message_from_string(source.decode(), policy=policy.default)


def read(file):
    with open(file, "rb") as source:
        message = parse(source.read())
    to = message["To"].addresses[0]
    return {
        "message_id": message["Message-ID"],
        "subject": str(message["Subject"]),
        "from": str(message["From"]),
        "to_name": to.display_name,
        "to_address": to.addr_spec,
        "auto_submitted": message["Auto-Submitted"],
        "text": words(message, "plain"),
        "html": words(message, "html"),
        "files": list(files(message)),
        "defects": list(defects(message)),
    }


print(json.dumps([read(file) for file in sys.argv[1:]]))
