"""Holds message files against what mail to many people must be, with Python's email package and dkimpy.

Its first argument is JSON: {"base", "address", "keys", "selectors"}: where opt-out links begin, the brand's postal address,
and the DNS records of keys by name. The others are the files. It prints each fault, as a JSON list.
"""

import json
import re
import sys
from email import message_from_bytes, policy

import dkim

ONCE = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type", "auto-submitted",
        "list-unsubscribe", "list-unsubscribe-post"]
SIGNED = ["from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"]


def faults(raw, wanted):
    message = message_from_bytes(raw, policy=policy.default)
    for name in ONCE:
        count = len(message.get_all(name, []))
        if count != 1:
            yield f"{name} stands there {count} times"
    # RFC 8058, 3.1: one https URI, no white space within the brackets.
    link = re.fullmatch(r"<(https://[^<>\s,]+)>", str(message["list-unsubscribe"]))
    if not link or not link[1].startswith(wanted["base"]):
        yield f"List-Unsubscribe: {message['list-unsubscribe']}"
    if str(message["list-unsubscribe-post"]) != "List-Unsubscribe=One-Click":
        yield f"List-Unsubscribe-Post: {message['list-unsubscribe-post']}"
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        if body is None:
            if kind == "plain":
                yield "no text"
            continue
        words = body.get_content()
        if wanted["address"] not in words:
            yield f"no postal address in {kind}"
        if link and (words if kind == "plain" else words.replace("&amp;", "&")).count(link[1]) < 1:
            yield f"no opt-out link in {kind}"
        if kind == "html" and link and f'href="{link[1]}"' not in words.replace("&amp;", "&"):
            yield "the link in html is none"
    if max(len(line) for line in raw.split(b"\r\n")) > 998:
        yield "a line of more than 998"
    signatures = message.get_all("dkim-signature", [])
    if len(signatures) != len(wanted["keys"]):
        yield f"{len(signatures)} signatures"
    asked = []

    def dns(name, timeout=5):
        asked.append(name.decode().rstrip("."))
        return wanted["keys"].get(asked[-1], "").encode() or None

    for index, signature in enumerate(signatures):
        names = [name.strip().lower() for name in re.search(r"h=([^;]+)", str(signature))[1].split(":")]
        for name in SIGNED:
            # Once more than it stands there: none can be added.
            if names.count(name) != 2:
                yield f"signature {index}: {name} is signed {names.count(name)} times"
        if not dkim.DKIM(raw).verify(idx=index, dnsfunc=dns):
            yield f"signature {index} does not verify"
        for change in (raw.replace(b"Subject: ", b"Subject: x", 1), raw + b"more\r\n",
                       raw.replace(b"Date: ", b"List-Unsubscribe: <https://evil.example/>\r\nDate: ", 1)):
            try:
                if dkim.DKIM(change).verify(idx=index, dnsfunc=dns):
                    yield f"signature {index} verifies a changed message"
            except dkim.DKIMException:
                pass
    if set(asked) != set(wanted["keys"]):
        yield f"asked for {sorted(set(asked))}"


wanted = json.loads(sys.argv[1])
found = []
for file in sys.argv[2:]:
    with open(file, "rb") as source:
        found += [f"{file}: {fault}" for fault in faults(source.read(), wanted)]
print(json.dumps(found))
