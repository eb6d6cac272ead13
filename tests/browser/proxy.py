"""A proxy between a browser and the site, as tunnels have one: it keeps streams back."""

import contextlib
import socket
import socketserver
import threading
from typing import BinaryIO, cast


class Proxy:
    """Passes every GET on, in threads of its own; but of /events not a byte."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self._behind = port
        self._lines: set[socket.socket] = set()
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                proxy._pass_on(self.connection, cast(BinaryIO, self.rfile))

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        """End it, and every line."""
        self._server.shutdown()
        self._thread.join()
        for line in list(self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def _pass_on(self, line: socket.socket, said: BinaryIO) -> None:
        """One request a connection, so that each can be told from the next."""
        self._lines.add(line)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._behind)) as behind:
            self._lines.add(behind)
            first = said.readline()
            if not first:
                return  # a browser that connects in advance
            path = first.split(b" ")[1].decode()
            self.asked.append(path)
            behind.sendall(first + b"Connection: close\r\n")
            while (header := said.readline()).strip():
                if not header.lower().startswith(b"connection:"):
                    behind.sendall(header)
            behind.sendall(b"\r\n")
            while data := behind.recv(65536):
                if path.partition("?")[0] != "/events":
                    line.sendall(data)
