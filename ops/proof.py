"""The appliance shows that it works: it asks itself a question aloud, hears it, and answers."""

from __future__ import annotations

import asyncio

from antiphon.errors import Unavailable
from ops.engines.speak import speak
from ops.settings import Settings
from ops.talk.caller import talk
from ops.talk.exchange import RATE_HZ, Exchange
from ops.talk.report import hops
from server.access.installation_key import load as load_key

# A question and an instruction that even a small model follows: asked about breakfast as the agent
# that it usually is, it has been seen to talk for 40 s.
QUESTION = "What is the capital of France?"
INSTRUCTIONS = "Answer in one short sentence."


async def prove(settings: Settings) -> Exchange:
    """Return the exchange that the question led to; raise an `AntiphonError` where there was none."""
    question, _ = await asyncio.to_thread(
        speak, settings.tts.address, QUESTION, settings.agent.voice, RATE_HZ
    )
    key = load_key(settings.server.key_file)
    exchange = await talk(settings.server.local_address, key, question, instructions=INSTRUCTIONS)
    if not exchange.heard or not len(exchange.audio):
        raise Unavailable(_what_is_missing(exchange))
    return exchange


def told(exchange: Exchange) -> list[str]:
    """Return the lines that show an exchange to a person."""
    lines = [
        f"  asked      {QUESTION}",
        f"  heard      {exchange.heard}",
        f"  answered   {exchange.answered}",
        "",
        *(f"  {name:<32}{ms:>6.0f} ms" for name, ms in hops(exchange.timeline_ms)),
    ]
    if exchange.voice_to_voice_ms is not None:
        lines.append(f"  {'voice to voice':<32}{exchange.voice_to_voice_ms:>6.0f} ms")
    return lines


def _what_is_missing(exchange: Exchange) -> str:
    what = "no answer was spoken" if exchange.heard else "its own question was not heard"
    why = f": {exchange.problem}" if exchange.problem else ""
    return f"the appliance started, but {what}{why}; see `antiphon status` and `antiphon doctor`"
