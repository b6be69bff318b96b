"""Chromium with a microphone that says what it is given, driven over the DevTools protocol.

It can be given several recordings, one after the other: it has two microphones, and each begins the file
that they share from its beginning whenever a page opens it.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
import psutil
import pytest
import soundfile
from websockets.sync.client import connect
from websockets.sync.connection import Connection

# A page that opens while models load on the same two cores.
PATIENCE_S = 60.0
POLL_S = 0.05
# The browser's own processing takes a moment to find the level of a voice.
BEFORE_S = 0.4
AFTER_S = 0.4
RATE_HZ = 48_000

# The process of Chromium that holds its sockets.
NETWORK = "--utility-sub-type=network.mojom.NetworkService"

# Mono at 48 kHz.
Sound = np.ndarray[Any, np.dtype[np.float32]]


class Microphone:
    """The file that every microphone of the browser reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write(np.zeros(1, np.float32), 16_000)

    def load(self, recording: Path, after_s: float = AFTER_S) -> None:
        """Hold `recording` and then silence, for the next page that opens a microphone."""
        sound, rate_hz = soundfile.read(recording, dtype="float32")
        self._write(sound, rate_hz, after_s)

    def _write(self, sound: Any, rate_hz: int, after_s: float = AFTER_S) -> None:
        quiet = [np.zeros(int(s * rate_hz), np.float32) for s in (BEFORE_S, after_s)]
        fresh = self.path.with_suffix(".new.wav")
        soundfile.write(fresh, np.concatenate([quiet[0], sound, quiet[1]]), rate_hz, "PCM_16")
        fresh.replace(self.path)


class Page:
    """One page. Expressions of JavaScript are run as if a person had just pressed a key."""

    def __init__(self, devtools: DevTools, session: str, pid: int) -> None:
        self._devtools = devtools
        self._session = session
        self._pid = pid
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    @property
    def complaints(self) -> list[str]:
        """What the page has thrown, or written to its console as an error."""
        return [told for event in self.events() if (told := _complaint(event))]

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol to the page; return its result."""
        return self._devtools.send(method, parameters, self._session)

    def events(self, method: str = "") -> list[dict[str, Any]]:
        """Return what the page has told so far by events of `method`, or by all."""
        found = [one for one in self._devtools.events() if one.get("sessionId") == self._session]
        return [one for one in found if not method or one["method"] == method]

    def run(self, expression: str) -> Any:
        """Return the value of `expression`, or of what it promises."""
        answer = self.send(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        problem = answer.get("exceptionDetails")
        assert problem is None, f"{expression}: {problem}"
        return answer["result"].get("value")

    def until(self, expression: str, patience_s: float = PATIENCE_S) -> Any:
        """Return the value of `expression` once it is true."""
        deadline = time.monotonic() + patience_s
        while not (value := self.run(expression)):
            shown = self.run("document.body?.innerText")
            assert time.monotonic() < deadline, f"never: {expression}; {self.complaints}; {shown}"
            time.sleep(POLL_S)
        return value

    def open(self, address: str) -> None:
        """Go to an address."""
        self.send("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def break_connections(self) -> None:
        """Lose every socket of the browser at once, as a machine does whose network is taken away.

        Nobody is told of the end. The browser's network is back at once.
        """
        browser = psutil.Process(self._pid)
        (network,) = [one for one in browser.children(recursive=True) if NETWORK in one.cmdline()]
        network.kill()
        self.send("Network.enable")

    def listen(self) -> None:
        """Keep what the page's `audio` element plays from now on, for `heard`."""
        self.run(
            """(() => {
                const sound = document.querySelector("audio").srcObject;
                window.listening = { parts: [], recorder: new MediaRecorder(sound) };
                listening.recorder.ondataavailable = ({ data }) => listening.parts.push(data);
                listening.recorder.start();
            })()"""
        )

    def heard(self) -> Sound:
        """Return what was played since `listen`."""
        told: str = self.run(
            """(async () => {
                const { recorder, parts } = listening;
                const over = new Promise((resolve) => { recorder.onstop = resolve; });
                recorder.stop();
                await over;
                const url = new FileReader();
                const read = new Promise((resolve) => { url.onload = resolve; });
                url.readAsDataURL(new Blob(parts));
                await read;
                return url.result.split(",")[1];
            })()"""
        )
        return _decoded(base64.b64decode(told))


class DevTools:
    """One connection to a browser."""

    def __init__(self, socket: Connection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._events: list[dict[str, Any]] = []

    def send(
        self, method: str, parameters: dict[str, Any], session: str | None = None
    ) -> dict[str, Any]:
        """Send a command, and return its result."""
        number = next(self._ids)
        asked = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(asked | ({"sessionId": session} if session else {})))
        while True:
            told = json.loads(self._socket.recv(PATIENCE_S))
            if told.get("id") == number:
                assert "error" not in told, f"{method}: {told['error']}"
                return dict(told["result"])
            if "method" in told:
                self._events.append(told)

    def events(self) -> list[dict[str, Any]]:
        """Return all that was told without being asked for."""
        self.send("Browser.getVersion", {})
        return list(self._events)


@contextmanager
def browsing(folder: Path, *, over_and_over: bool = False) -> Iterator[tuple[Page, Microphone]]:
    """Start Chromium with an empty page; skip the test where there is none. Its profile is in `folder`.

    `over_and_over`: its microphones say what they are given again and again, else once.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    microphone = Microphone(folder / "microphone.wav")
    command = [
        chromium,
        "--headless=new",
        "--no-sandbox",  # tests may be run by root
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder / 'profile'}",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream=device-count=2",
        f"--use-file-for-fake-audio-capture={microphone.path}{'' if over_and_over else '%noloop'}",
        "about:blank",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            with connect(_address(process.stderr), proxy=None, max_size=None) as socket:
                devtools = DevTools(socket)
                yield _page(devtools, process.pid), microphone
                devtools.send("Browser.close", {})
        finally:
            process.terminate()


def _address(stderr: IO[str]) -> str:
    said = []
    for line in stderr:
        found = re.search(r"DevTools listening on (ws://\S+)", line)
        if found:
            return found[1]
        said.append(line)
    raise AssertionError(f"Chromium did not start: {''.join(said)}")


def _page(devtools: DevTools, pid: int) -> Page:
    targets = devtools.send("Target.getTargets", {})["targetInfos"]
    target = next(one["targetId"] for one in targets if one["type"] == "page")
    to = {"targetId": target, "flatten": True}
    return Page(devtools, devtools.send("Target.attachToTarget", to)["sessionId"], pid)


def _decoded(sound: bytes) -> Sound:
    resampler = av.AudioResampler("flt", "mono", RATE_HZ)
    with av.open(BytesIO(sound), "r") as container:
        frames = [
            piece.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    return np.concatenate(frames)


def _complaint(event: dict[str, Any]) -> str:
    told = event["params"]
    match event["method"]:
        case "Runtime.exceptionThrown":
            thrown = told["exceptionDetails"]
            return str(thrown.get("exception", {}).get("description") or thrown["text"])
        case "Log.entryAdded" if told["entry"]["level"] == "error":
            return f"{told['entry']['text']} {told['entry'].get('url', '')}"
        case "Runtime.consoleAPICalled" if told["type"] == "error":
            return str(told["args"])
    return ""
