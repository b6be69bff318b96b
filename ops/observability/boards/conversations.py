"""What the callers have of it: how soon they are answered, where the time goes, who is turned away."""

from __future__ import annotations

from ops.observability.board import Board, Look, Panel, Query, Section, Unit
from ops.observability.promql import a_minute, mean, quantile, share, total, within

ANSWER = "antiphon_voice_to_voice_seconds"
HOP = "antiphon_hop_seconds"
BUFFER = "antiphon_jitter_buffer_delay_seconds"
PACKETS = "antiphon_audio_packets_total"
TURNS = "antiphon_turns_total"
# What the design promises: the answer starts within so long of the caller's last word.
GOAL_S = (0.5, 0.75)

NOW = Section(
    "Now",
    (
        Panel(
            "Sessions",
            "Conversations that are open.",
            "At the upper line new callers are refused: add a host, or measure this one again with "
            "`antiphon bench capacity`.",
            (
                Query(total("antiphon_sessions"), "open"),
                Query(total("antiphon_sessions_max"), "room for"),
            ),
            look=Look.STEPS,
        ),
        Panel(
            "Turns",
            "What became of the callers' turns.",
            "If turns fail, look at Failures on the engines' dashboard for which engine; if there are none "
            "while sessions are open, callers are not heard: look at Packets.",
            (
                Query(
                    a_minute(TURNS, ["outcome"]), "{{outcome}}", "not every turn ends in every way"
                ),
            ),
            Unit.A_MINUTE,
        ),
        Panel(
            "Answered within 750 ms",
            "Share of answers that began within the goal.",
            "When it falls, see which hop grew in Where the time goes.",
            (Query(within("0.75", ANSWER), "of all answers"),),
            Unit.SHARE,
        ),
    ),
)

TIME = Section(
    "Where the time goes",
    (
        Panel(
            "Voice to voice",
            "From the caller's last word to the first sound of the answer. The lines are the goal.",
            "Open the panel beside this one: the hop that grew names the service to look at.",
            (
                Query(quantile(0.5, ANSWER), "p50"),
                Query(quantile(0.95, ANSWER), "p95"),
                Query(mean(ANSWER), "mean"),
            ),
            Unit.SECONDS,
            limits=GOAL_S,
            width=12,
        ),
        Panel(
            "Hops of an answer",
            "What the mean answer's time goes to; the upper edge is voice to voice.",
            "endpoint: the caller's pauses, not a fault. final: ASR. first_token: the language model. "
            "first_clause: its speed, or long sentences. first_audio: TTS. playout: the gateway.",
            (
                Query(
                    share(f"{HOP}_sum", f"{ANSWER}_count", ["hop"]), "{{hop}}", "a hop can be nil"
                ),
            ),
            Unit.SECONDS,
            Look.STACK,
            limits=GOAL_S,
            width=12,
        ),
        Panel(
            "Hops, p95",
            "The slowest of twenty, hop by hop.",
            "One hop high by itself: that service is short of its device; all of them: the machine is, see "
            "Processor.",
            (Query(quantile(0.95, HOP, ["hop"]), "{{hop}}", "a hop can be nil"),),
            Unit.SECONDS,
            width=12,
        ),
        Panel(
            "Speculation",
            "Answers begun on trust, by whether they were played.",
            "Wasted far over used costs the language model and gains nothing: switch it off for a client "
            "with `session.antiphon.speculation`, or see whether line noise is heard as speech.",
            (Query(a_minute("antiphon_speculations_total", ["result"]), "{{result}}"),),
            Unit.A_MINUTE,
            width=12,
        ),
    ),
)

FLOOR = Section(
    "The floor",
    (
        Panel(
            "Interruptions",
            "Answers that were ducked when somebody spoke, and then stopped or taken up again.",
            "Many ducked and resumed: noise or echo at the callers' side; many stopped: answers are too "
            "long, or begin before the caller is done.",
            (
                Query(
                    a_minute("antiphon_interruptions_total", ["kind"]),
                    "{{kind}}",
                    "nobody need have resumed",
                ),
            ),
            Unit.A_MINUTE,
        ),
        Panel(
            "Apologies",
            "Turns in which an engine did not answer and the caller was told so.",
            "Any: look at Failures on the engines' dashboard; the conversation itself goes on.",
            (Query(a_minute("antiphon_apologies_total"), "told", "only where an engine fails"),),
            Unit.A_MINUTE,
        ),
        Panel(
            "Sessions that ended",
            "How conversations end, by transport.",
            "lost: lines that broke and did not come back, look at the network; failed: the gateway's log "
            "has each with its session id.",
            (
                Query(
                    a_minute("antiphon_sessions_ended_total", ["transport", "end"]),
                    "{{transport}} {{end}}",
                    "not every session ends in every way",
                ),
            ),
            Unit.A_MINUTE,
        ),
    ),
)

LINE = Section(
    "The door and the line",
    (
        Panel(
            "Refusals",
            "Who was turned away, by what they wanted, and why.",
            "Conversations, full: more callers than this host carries, add one. Others, full: raise "
            "`[server] max_guests` if conversations leave the engines time. Stopping: a gateway is "
            "being drained.",
            (
                Query(
                    a_minute("antiphon_refusals_total", ["service", "reason"]),
                    "{{service}} {{reason}}",
                    "not every reason occurs",
                ),
            ),
            Unit.A_MINUTE,
        ),
        Panel(
            "Keys refused",
            "Who came without a key that is known: none at all, or an unknown one.",
            "Unknown, on and on: a client that holds an old key, or somebody who tries keys. The log of the "
            "proxy or firewall before the gateway says from where.",
            (Query(a_minute("antiphon_keys_refused_total", ["key"]), "{{key}}"),),
            Unit.A_MINUTE,
        ),
        Panel(
            "Jitter buffer",
            "How long WebRTC audio waits so that late packets are in time.",
            "It grows with the network's jitter: over 200 ms look for Wi-Fi or a congested link between the "
            "callers and this host.",
            (Query(quantile(0.5, BUFFER), "p50"), Query(quantile(0.95, BUFFER), "p95")),
            Unit.SECONDS,
        ),
        Panel(
            "Packets",
            "Packets of speech over WebRTC that did not come in time, and what took their place, over those "
            "that came.",
            "concealed is what was made up: over 5% costs words, look at the link between callers and this "
            "host. Many late of those lost: it is its jitter.",
            (
                Query(
                    share(
                        f'{PACKETS}{{fate!="received"}}', f'{PACKETS}{{fate="received"}}', ["fate"]
                    ),
                    "{{fate}}",
                    "a loopback is never late",
                ),
            ),
            Unit.SHARE,
        ),
    ),
)

BOARD = Board("antiphon-conversations", "Antiphon: conversations", (NOW, TIME, FLOOR, LINE))
