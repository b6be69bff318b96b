"""What a client's gRPC library puts on the wire for a call: its bytes, recorded on their way to the port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

READ_BYTES = 65_536


class Recorder:
    """A relay at `address` to one that listens; `sent` is all that its first client sent."""

    def __init__(self, listening: socket.socket, target: tuple[str, int]) -> None:
        host, port = listening.getsockname()
        self.address = f"{host}:{port}"
        self.sent = bytearray()
        self._listening = listening
        self._target = target

    def relay(self) -> None:
        """Serve one client until it has gone."""
        with suppress(OSError):
            client, _ = self._listening.accept()
            with client, socket.create_connection(self._target) as server:
                back = threading.Thread(target=_copy, args=(server, client, bytearray()))
                back.start()
                _copy(client, server, self.sent)
                server.shutdown(socket.SHUT_RDWR)
                back.join()


def _copy(source: socket.socket, sink: socket.socket, record: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(READ_BYTES):
            record += data
            sink.sendall(data)


@contextmanager
def recording(target: str) -> Iterator[Recorder]:
    """Record what a client sends to `target`, HOST:PORT; it must have gone when the block ends."""
    host, _, port = target.rpartition(":")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        recorder = Recorder(listening, (host, int(port)))
        thread = threading.Thread(target=recorder.relay)
        thread.start()
        try:
            yield recorder
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
