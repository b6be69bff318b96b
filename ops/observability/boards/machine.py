"""What the processes take of the machine, and the cards."""

from __future__ import annotations

from ops.observability.board import Board, Look, Panel, Query, Section, Unit
from ops.observability.promql import WINDOW

OURS = '{job=~"gateway|asr|llm|tts"}'

PROCESSES = Section(
    "Processes",
    (
        Panel(
            "Scraped",
            "1: Prometheus reaches the process's metrics; 0: it does not.",
            "At 0 the process is down, or its `[observability] metrics_address` is not where "
            "prometheus.yml looks.",
            (Query(f"up{OURS}", "{{job}}"),),
            look=Look.STEPS,
            width=6,
        ),
        Panel(
            "Event loop's lag",
            "How late each process does what is due: a caller's frames are as late as the gateway.",
            "Over 20 ms audio stutters: fewer sessions on this host, or a core of its own for the gateway.",
            (
                Query(
                    "histogram_quantile(0.99, sum by (le, job) "
                    f"(rate(antiphon_event_loop_lag_seconds_bucket[{WINDOW}])))",
                    "{{job}} p99",
                ),
            ),
            Unit.SECONDS,
            limits=(0.02,),
            width=6,
        ),
        Panel(
            "Processor",
            "Cores in use, by process.",
            "At the host's number of cores everything is late: see who takes them.",
            (Query(f"rate(process_cpu_seconds_total{OURS}[{WINDOW}])", "{{job}}"),),
            width=6,
        ),
        Panel(
            "Started again",
            "How often the process at this address became another one.",
            "More than a deployment explains: the end of the old process's log says why it ended.",
            (
                Query(
                    f"changes(process_start_time_seconds{OURS}[{WINDOW}])",
                    "{{job}}",
                    "only where a process ends",
                ),
            ),
            look=Look.STEPS,
            width=6,
        ),
        Panel(
            "Memory",
            "Resident memory, by process.",
            "A line that rises for hours under steady load is a leak: note `antiphon_sessions` beside it, "
            "restart the process, report it.",
            (Query(f"process_resident_memory_bytes{OURS}", "{{job}}"),),
            Unit.BYTES,
            width=12,
        ),
        Panel(
            "Descriptors",
            "Open files and sockets, as a share of what the process may have.",
            "Over 80%: raise the limit (`ulimit -n`, compose's ulimits); a share that only rises is a leak.",
            (Query(f"process_open_fds{OURS} / process_max_fds{OURS}", "{{job}}"),),
            Unit.SHARE,
            width=12,
        ),
    ),
)

CARDS = Section(
    "Cards",
    (
        Panel(
            "GPU memory",
            "Used of what the card has.",
            "At the card's size the next allocation fails: give vLLM the share that `antiphon plan` names.",
            (
                Query("max by (gpu) (antiphon_gpu_memory_used_bytes)", "{{gpu}} used"),
                Query("max by (gpu) (antiphon_gpu_memory_bytes)", "{{gpu}} in all"),
            ),
            Unit.BYTES,
            gpu=True,
            width=12,
        ),
        Panel(
            "GPU utilisation",
            "Share of the time in which the card computed.",
            "At 1 with rising waits the card is full; at 0 with callers talking an engine runs on the CPU.",
            (Query("max by (gpu) (antiphon_gpu_utilisation_ratio)", "{{gpu}}", "an idle card"),),
            Unit.SHARE,
            gpu=True,
            width=12,
        ),
    ),
)

BOARD = Board("antiphon-machine", "Antiphon: processes and cards", (PROCESSES, CARDS))
