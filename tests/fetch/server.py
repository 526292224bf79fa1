# SPDX-License-Identifier: GPL-2.0-or-later
"""A mirror that fails in the ways mirrors do.

A Mirror serves an Archive, or stands as a proxy before a real mirror, on
loopback. faults is [(REGEX, FAULT)] or [(REGEX, FAULT, HOW OFTEN)]; the first
whose regex is found in the path counts. A FAULT is one of FAULTS.
"""

import http.server
import re
import socket
import threading
import time
import urllib.error
import urllib.request

# absent      404
# refused     503
# truncated   half of the body, then the connection ends
# stalled     half of the body, then nothing
# slow        all of it, in pieces, over seconds
# garbled     a body of the right size with other content
# out-of-step another day's list than InRelease says
# expired     an InRelease whose Valid-Until has passed
# unsigned    an InRelease that another key signed
FAULTS = ('absent', 'refused', 'truncated', 'stalled', 'slow', 'garbled',
          'out-of-step', 'expired', 'unsigned')
SLOW_SECONDS = 7
SLOW_PIECES = 70


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def do_GET(self):
        mirror = self.server.mirror
        path = re.sub(r'^https?://[^/]*', '', self.path).lstrip('/')
        path = urllib.request.unquote(path)
        mirror.requests.append(self.path)
        fault = mirror.fault(path)
        status, body = mirror.content(path.removeprefix('debian/'), self.path)
        if fault in ('absent', 'refused'):
            status, body = {'absent': 404, 'refused': 503}[fault], b''
        elif fault:
            body = mirror.wrong(fault, path.removeprefix('debian/'), body)
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if status != 200:
            return
        try:
            self._send(fault, body)
        except OSError:
            pass

    def _send(self, fault, body):
        if fault in ('truncated', 'stalled'):
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            if fault == 'stalled':
                self.server.mirror.closing.wait(20)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault == 'slow':
            step = max(1, len(body) // SLOW_PIECES)
            for start in range(0, len(body), step):
                self.wfile.write(body[start:start + step])
                self.wfile.flush()
                time.sleep(SLOW_SECONDS / SLOW_PIECES)
        else:
            self.wfile.write(body)


class Mirror:
    """Serves until close(); requests is what was asked for."""

    def __init__(self, archive=None, faults=(), port=0):
        self.archive = archive
        self.faults = list(faults)
        self.requests = []
        # What the archive's files are instead, since another day has come.
        self.instead = {}
        self.closing = threading.Event()
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', port),
                                                       Handler)
        self._server.daemon_threads = True
        self._server.mirror = self
        self.port = self._server.server_address[1]
        self.uri = f'http://127.0.0.1:{self.port}/debian'
        threading.Thread(target=self._server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def fault(self, path):
        """The fault that a path has this time, or None."""
        for number, (regex, fault, *left) in enumerate(self.faults):
            if re.search(regex, path):
                if left == [1]:
                    del self.faults[number]
                elif left:
                    self.faults[number] = (regex, fault, left[0] - 1)
                return fault
        return None

    def content(self, path, uri):
        """(status, body) of a path, from the archive or from upstream."""
        if self.archive:
            body = self.instead.get(path, self.archive.files.get(path))
            return (404, b'') if body is None else (200, body)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(uri, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, b''
        except OSError:
            return 502, b''

    def wrong(self, fault, path, body):
        """The body that a fault sends instead."""
        if fault == 'garbled':
            return bytes(255 - byte for byte in body)
        if fault == 'out-of-step':
            return self.archive.stale.get(path, body) if self.archive else \
                body + b'more'
        if self.archive and fault in ('expired', 'unsigned'):
            other = self.archive.expired if fault == 'expired' else \
                self.archive.stranger
            return other.get(path, body)
        return body

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
