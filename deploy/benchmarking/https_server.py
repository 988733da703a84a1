"""A TLS server that takes every request and answers 204: nginx, with a certificate made for the occasion."""

import pathlib
import re
import subprocess

from running import await_port, fail, free_port, run

CONFIGURATION = """\
daemon off;
master_process off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        location / {{ return 204; }}
        location /taken {{ stub_status; }}
    }}
}}
"""


class HTTPSServer:
    def __init__(self, folder):
        self.folder = folder / "https"
        self.folder.mkdir()
        self.port = free_port()
        run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", str(self.folder / "key.pem"), "-out", str(self.folder / "certificate.pem")],
            self.folder,
        )
        configuration = self.folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=self.folder, port=self.port))
        self.process = subprocess.Popen(
            ["nginx", "-p", str(self.folder), "-c", str(configuration)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        await_port(self.port, "nginx")

    @property
    def transport(self):
        return (
            f'{{type: webhook, url: "https://127.0.0.1:{self.port}/hook", connections: 32, '
            f'ca_file: "{self.folder}/certificate.pem", secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw]}}'
        )

    def wrk(self, seconds):
        """Requests a second that wrk brings about with a body of the same kind."""
        script = pathlib.Path(self.folder) / "post.lua"
        script.write_text('wrk.method = "POST"\nwrk.body = string.rep("x", 600)\n')
        ended = run(
            ["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(script), f"https://127.0.0.1:{self.port}/hook"], self.folder
        )
        found = re.search(r"Requests/sec:\s*([\d.]+)", ended.output)
        if not found or "Non-2xx" in ended.output:
            fail(f"wrk had errors:\n{ended.output}")
        return float(found[1])

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
