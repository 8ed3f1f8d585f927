# token_server - an OAuth2 token endpoint over HTTPS that does what the test says
#
# Each request takes the next answer of the list, the last one again and again. An answer is a function
# of the handler. Tokens are JWTs that a Dovecot with the same key takes.
#
# SPDX-License-Identifier: BSD-2-Clause

import base64
import hashlib
import hmac
import http.server
import json
import os
import ssl
import threading
import time
import urllib.parse

KEY = b"a key that only the tests know, 32+"
KEY_BASE64 = base64.b64encode(KEY).decode()


def _part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(user, life=3600, key=KEY):
    now = int(time.time())
    since = now - 60  # Dovecot's clock, which goes in ticks, may be behind ours for a moment
    head = _part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    # jti: no two tokens are the same
    body = _part(
        json.dumps({"sub": user, "iat": since, "exp": now + life, "jti": os.urandom(9).hex()}).encode()
    )
    signed = f"{head}.{body}"
    return f"{signed}.{_part(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


class TokenServer:
    def __init__(self, folder, user, certificate="good", host="127.0.0.1"):
        self.user = user
        self.answers = [token()]
        self.requests = []  # the fields of each form
        self.tokens = []  # given out
        self.released = threading.Event()  # ends answers that hang
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                server.requests.append(dict(urllib.parse.parse_qsl(form, strict_parsing=True)))
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                try:
                    answer(self, server)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(
            os.path.join(folder, "tls", certificate + ".pem"), os.path.join(folder, "tls", certificate + ".key")
        )
        self.http = http.server.ThreadingHTTPServer((host, 0), Handler, bind_and_activate=False)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # clients that hang up are what is tested
        self.http.server_bind()
        self.http.server_activate()
        # The handshake belongs into the connection's own thread.
        self.http.socket = context.wrap_socket(
            self.http.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self.http.server_address[1]
        self.url = f"https://{host}:{self.port}/tenant/oauth2/v2.0/token"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.released.set()
        self.http.shutdown()
        self.http.server_close()


def send(handler, status, body, content_type="application/json", headers=()):
    data = body if isinstance(body, bytes) else body.encode()
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def token(expires_in=3600, life=3600, user=None, key=KEY, **more):
    """A token; expires_in is what the endpoint says, life what Dovecot sees."""

    def answer(handler, server):
        text = make_token(user or server.user, life, key)
        server.tokens.append(text)
        send(
            handler, 200,
            json.dumps({"token_type": "Bearer", "expires_in": expires_in, "access_token": text, **more}),
        )

    return answer


def refuse(status, error, description="", headers=()):
    """An error as RFC 6749 wants it, with the further lines that Entra ID adds."""
    body = {"error": error, "error_description": description + "\r\nTrace ID: 00000000-0000", "error_codes": [1]}
    return lambda handler, _: send(handler, status, json.dumps(body), headers=headers)


def say(status, body, content_type="text/html", headers=()):
    return lambda handler, _: send(handler, status, body, content_type, headers)


def hang(_, server):
    server.released.wait()


def endless(handler, _):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def endless_head(handler, _):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")


def drip(handler, server):
    """One byte at a time, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    while not server.released.wait(0.1):
        handler.wfile.write(b" ")


def cut(handler, _):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"access_token":"half')
    handler.close_connection = True


def echo(handler, server):
    """An error that repeats the whole form, decoded and as it came."""
    form = server.requests[-1]
    text = " ".join(form.values()) + " " + urllib.parse.urlencode(form)
    send(handler, 400, json.dumps({"error": "invalid_request", "error_description": text}))
