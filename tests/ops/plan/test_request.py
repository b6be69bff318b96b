from __future__ import annotations

from ops.plan.request import GUESTS, VOICE, Request


def test_a_request_as_settings_of_a_card() -> None:
    request = Request(sessions=5, recognition="whisper-base", compute_type="int8")
    asr, tts = request.asr(4, 40.0), request.tts()
    assert (asr.device, asr.model, asr.compute_type) == ("cuda", "whisper-base", "int8")
    assert (asr.max_batch, asr.max_batch_s) == (4, 40.0)
    assert (tts.device, tts.runtime, tts.model, tts.batch) == ("cuda", "torch", VOICE, 8)
    assert request.sequences == 5 + GUESTS
