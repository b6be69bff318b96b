"""The engines: whether they are there, and how listening, thinking and speaking keep up."""

from __future__ import annotations

from ops.observability.board import Board, Look, Panel, Query, Section, Unit
from ops.observability.promql import a_minute, mean, quantile, rate, total

HEALTH = Section(
    "Health",
    (
        Panel(
            "Ready",
            "1: the gateway gets answers of this engine; 0: it does not.",
            "At 0 look at that engine's log. One that ends is started again; one that hangs ends itself "
            "after [engines] hung_s. One that is stopped from outside is started again by the supervisor, "
            "but under compose only unhealthy until somebody restarts it. Callers hear an apology meanwhile.",
            (Query("min by (engine) (antiphon_engine_ready)", "{{engine}}"),),
            look=Look.STEPS,
        ),
        Panel(
            "Failures",
            "Calls to engines that failed, by what happened.",
            "Of one engine: its log. Of all at once: the machine, or the network between the containers.",
            (
                Query(
                    a_minute("antiphon_engine_failures_total", ["engine", "kind"]),
                    "{{engine}} {{kind}}",
                ),
            ),
            Unit.A_MINUTE,
        ),
        Panel(
            "Retries",
            "Calls that were made again, which the caller did not notice.",
            "Now and then is harmless; for minutes on end treat it as failures.",
            (
                Query(
                    a_minute("antiphon_engine_retries_total", ["engine"]),
                    "{{engine}}",
                    "only where an engine fails",
                ),
            ),
            Unit.A_MINUTE,
        ),
    ),
)

LISTENING = Section(
    "Listening",
    (
        Panel(
            "Time to decode",
            "Whisper's work for a final, a partial, and files in bulk, p95.",
            "Finals over 200 ms on a GPU: another process shares the card, or `[asr] device` is not cuda.",
            (
                Query(
                    quantile(0.95, "antiphon_asr_decode_seconds", ["urgency"]),
                    "{{urgency}}",
                    "nobody need send files",
                ),
            ),
            Unit.SECONDS,
        ),
        Panel(
            "Wait for the recogniser",
            "From asking to being decoded.",
            "p95 over 100 ms: the recogniser is full; fewer sessions, or a larger `[asr] max_batch` "
            "on a GPU.",
            (
                Query(quantile(0.5, "antiphon_asr_queue_seconds"), "p50"),
                Query(quantile(0.95, "antiphon_asr_queue_seconds"), "p95"),
            ),
            Unit.SECONDS,
        ),
        Panel(
            "Recogniser's batches",
            "How many utterances are decoded together, and how many wait.",
            "Waiting that does not come down: the recogniser is full. Batches of 1 under load: `[asr] "
            "max_batch` is 1.",
            (
                Query(mean("antiphon_asr_batch_size"), "in a batch"),
                Query(total("antiphon_asr_waiting"), "waiting", "short waits fall between scrapes"),
            ),
        ),
    ),
)

THINKING = Section(
    "Thinking",
    (
        Panel(
            "First token",
            "From asking the language model to its first token.",
            "p95 over 200 ms: prompts are not in its cache (see Tokens), or more answers run than the card "
            "has room for.",
            (
                Query(quantile(0.5, "antiphon_llm_first_token_seconds"), "p50"),
                Query(quantile(0.95, "antiphon_llm_first_token_seconds"), "p95"),
            ),
            Unit.SECONDS,
        ),
        Panel(
            "Tokens",
            "Prompts read, of them taken from the cache, and tokens written.",
            "Cached far under prompt while conversations go on: the prefix cache is off or too small, see "
            "`antiphon plan`.",
            (
                Query(
                    rate("antiphon_llm_tokens_total", ["kind"]),
                    "{{kind}}",
                    "an engine without a cache has no hits",
                ),
            ),
            Unit.A_SECOND,
        ),
        Panel(
            "Answers under way",
            "How many the language model writes at once, and how many wait for room.",
            "Waiting over 0 for a minute: the KV cache is full; lower `[server] max_guests` or max_sessions, "
            "see `antiphon plan`.",
            (
                Query(
                    total("antiphon_llm_running"), "running", "short answers fall between scrapes"
                ),
                Query(total("antiphon_llm_waiting"), "waiting", "none waits where there is room"),
            ),
        ),
    ),
)

SPEAKING = Section(
    "Speaking",
    (
        Panel(
            "First audio",
            "From the first text to the first sound of it.",
            "p95 over 200 ms on a GPU: see the wait beside it; if that is short, the card is shared.",
            (
                Query(quantile(0.5, "antiphon_tts_first_audio_seconds"), "p50"),
                Query(quantile(0.95, "antiphon_tts_first_audio_seconds"), "p95"),
            ),
            Unit.SECONDS,
        ),
        Panel(
            "Wait for the voice",
            "From text being there to its turn at the device.",
            "p95 over 100 ms: the voice is full; fewer sessions, or a larger `[tts] max_batch` on a GPU.",
            (
                Query(quantile(0.5, "antiphon_tts_queue_seconds"), "p50"),
                Query(quantile(0.95, "antiphon_tts_queue_seconds"), "p95"),
            ),
            Unit.SECONDS,
        ),
        Panel(
            "The voice's batches",
            "How many chunks are spoken together, and how many wait.",
            "Waiting that does not come down: the voice is full.",
            (
                Query(mean("antiphon_tts_batch_size"), "in a batch"),
                Query(total("antiphon_tts_waiting"), "waiting", "short waits fall between scrapes"),
            ),
        ),
    ),
)

BOARD = Board("antiphon-engines", "Antiphon: engines", (HEALTH, LISTENING, THINKING, SPEAKING))
