"""aiosmtpd as a relay, with STARTTLS and AUTH as it is told.

Its one argument is a JSON object: log (file), keep (folder for messages), certificate and key (PEM files: STARTTLS is
offered and required), user and password, mechanisms (list; those that are not named are not offered), token (AUTH XOAUTH2
takes this one), smtputf8 (bool), size (bytes). It ends when its standard input does.
"""

import asyncio
import base64
import json
import logging
import ssl
import sys
import time

from aiosmtpd.smtp import SMTP, AuthResult

OPTIONS = json.loads(sys.argv[1])
LOG = open(OPTIONS["log"], "w")
ALL_MECHANISMS = {"PLAIN", "LOGIN", "XOAUTH2"}
logging.getLogger("mail.log").setLevel(logging.ERROR)
arrivals = 0


def log(**fields):
    LOG.write(json.dumps(fields) + "\n")
    LOG.flush()


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        envelope.mail_at = time.monotonic_ns()
        return "250 2.1.0 OK"

    async def handle_DATA(self, server, session, envelope):
        global arrivals
        arrivals += 1
        file = f"{OPTIONS['keep']}/{arrivals:06}.eml"
        content = envelope.original_content
        with open(file, "wb") as kept:
            kept.write(content)
        log(
            connection=0,
            mail_at=envelope.mail_at,
            sender=envelope.mail_from,
            parameters=" ".join(envelope.mail_options),
            recipients=envelope.rcpt_tos,
            subject="",
            message_id="",
            file=file,
            answer="250 2.0.0 Taken",
            lateness=0,
            tls=session.ssl is not None,
            user=session.auth_data.decode() if isinstance(session.auth_data, bytes) else session.auth_data,
        )
        return "250 2.0.0 Taken"


def authenticate(server, session, envelope, mechanism, data):
    user, password = data.login.decode(), data.password.decode()
    log(login=mechanism)
    if user == OPTIONS.get("user") and password == OPTIONS.get("password"):
        return AuthResult(success=True, auth_data=user)
    return AuthResult(success=False, handled=False)


class Relay(SMTP):
    async def auth_XOAUTH2(self, server, args):
        """user=USER ^A auth=Bearer TOKEN ^A ^A (developers.google.com/workspace/gmail/imap/xoauth2-protocol)."""
        response = base64.b64decode(args[1]) if len(args) > 1 else await self.challenge_auth("")
        words = dict(field.split("=", 1) for field in response.decode().split("\x01") if "=" in field)
        log(login="XOAUTH2", token=words["auth"])
        if words["auth"] == "Bearer " + OPTIONS["token"]:
            return AuthResult(success=True, auth_data=words["user"])
        return AuthResult(success=False, handled=False)


async def main():
    loop = asyncio.get_running_loop()
    context = None
    if "certificate" in OPTIONS:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(OPTIONS["certificate"], OPTIONS["key"])
    mechanisms = set(OPTIONS.get("mechanisms", []))

    def make():
        return Relay(
            Handler(),
            hostname="relay.example",
            tls_context=context,
            require_starttls=context is not None,
            authenticator=authenticate,
            auth_required=bool(mechanisms),
            auth_require_tls=context is not None,
            auth_exclude_mechanism=sorted(ALL_MECHANISMS - mechanisms),
            enable_SMTPUTF8=OPTIONS.get("smtputf8", False),
            data_size_limit=OPTIONS.get("size", 32 << 20),
            loop=loop,
        )

    server = await loop.create_server(make, "127.0.0.1", 0)
    log(port=server.sockets[0].getsockname()[1])
    over = loop.create_future()
    loop.add_reader(0, lambda: over.done() or over.set_result(None))
    await over


asyncio.run(main())
