/** A conversation written by hand: what the gateway says, when, and moments of it that are worth a look. */

import type { ServerEvent } from "../src/core/events";
import { type Action, reduce } from "../src/core/reducer";
import { INITIAL, type View } from "../src/core/view";

type Step = readonly [atMs: number, event: ServerEvent];

const REPLY_1 =
  "Of course. Doctor Okafor has two appointments free on Thursday: one at ten past nine, and one at a quarter to four.";
const REPLY_2 =
  "A quarter to four on Thursday it is. You will need to bring your referral letter, and please do not eat anything in the six hours before, because";

function caller(item_id: string, fromMs: number, hypotheses: string[], text: string): Step[] {
  const partial = (hypothesis: string, index: number): Step => {
    const stable = hypothesis.split(" ").slice(0, -2).join(" ");
    const before = hypotheses[index - 1]?.split(" ").slice(0, -2).join(" ") ?? "";
    const delta = stable.slice(before.length);
    return [
      fromMs + 400 * (index + 1),
      {
        type: "conversation.item.input_audio_transcription.delta",
        item_id,
        delta,
        antiphon: { text: hypothesis },
      },
    ];
  };
  const endMs = fromMs + 400 * (hypotheses.length + 1);
  return [
    [fromMs, { type: "input_audio_buffer.speech_started", item_id }],
    ...hypotheses.map(partial),
    [endMs, { type: "input_audio_buffer.speech_stopped", item_id }],
    [
      endMs + 10,
      {
        type: "conversation.item.input_audio_transcription.completed",
        item_id,
        transcript: text,
      },
    ],
  ];
}

function reply(response_id: string, fromMs: number, text: string): Step[] {
  const words = text.match(/\S+\s*/g) ?? [];
  return [
    [fromMs, { type: "response.created", response: { id: response_id } }],
    ...words.map(
      (delta, index): Step => [
        fromMs + 60 + 8 * index,
        { type: "response.output_audio_transcript.delta", response_id, delta },
      ],
    ),
    [fromMs + 190, { type: "output_audio_buffer.started", response_id }],
  ];
}

function heard(response_id: string, fromMs: number, text: string): Step[] {
  const words = text.match(/\s*\S+/g) ?? [];
  return words.map((_, index) => [
    fromMs + 350 * (index + 1),
    { type: "antiphon.response.heard", response_id, text: words.slice(0, index + 1).join("") },
  ]);
}

export const STORY: readonly Step[] = [
  [0, { type: "session.created", session: { id: "sess_1", antiphon: { resume_token: "rt_1" } } }],
  ...caller(
    "item_1",
    1_000,
    [
      "Good",
      "Good morning I'd",
      "Good morning, I'd like to see",
      "Good morning, I'd like to see Dr. Okafor this week",
    ],
    "Good morning, I'd like to see Dr. Okafor this week.",
  ),
  ...reply("resp_1", 3_500, REPLY_1),
  ...heard("resp_1", 3_690, REPLY_1),
  [
    3_900,
    {
      type: "response.done",
      response: {
        id: "resp_1",
        status: "completed",
        antiphon: {
          timeline_ms: {
            speech_ended: 0,
            pause: 212,
            generation_started: 214,
            first_token: 262,
            first_clause: 301,
            first_audio: 371,
            committed: 486,
            final: 488,
            audible: 507,
            last_token: 700,
          },
        },
      },
    },
  ],
  [12_000, { type: "output_audio_buffer.stopped", response_id: "resp_1" }],
  ...caller(
    "item_2",
    13_000,
    ["The", "The later one", "The later one please"],
    "The later one, please.",
  ),
  ...reply("resp_2", 15_000, REPLY_2),
  ...heard("resp_2", 15_190, REPLY_2.slice(0, 82)),
  [21_000, { type: "input_audio_buffer.speech_started", item_id: "item_3" }],
  [21_200, { type: "output_audio_buffer.cleared", response_id: "resp_2" }],
  [
    21_210,
    {
      type: "response.done",
      response: {
        id: "resp_2",
        status: "cancelled",
        antiphon: {
          timeline_ms: {
            speech_ended: 0,
            pause: 208,
            committed: 552,
            final: 560,
            generation_started: 561,
            first_token: 640,
            first_clause: 699,
            first_audio: 792,
            audible: 815,
          },
        },
      },
    },
  ],
  [
    21_400,
    {
      type: "conversation.item.input_audio_transcription.delta",
      item_id: "item_3",
      delta: "Sorry,",
      antiphon: { text: "Sorry, which letter do" },
    },
  ],
];

export const MOMENTS = {
  start: 0,
  partial: 2_300,
  thinking: 3_520,
  speaking: 8_000,
  between: 12_500,
  interrupted: 21_500,
} as const;

/** Returns the view at `atMs`; the call was connected at 0. */
export function viewAt(atMs: number): View {
  const actions: [number, Action][] = [
    [0, { kind: "dialling" }],
    [0, { kind: "connected" }],
    ...STORY.map(([at, event]): [number, Action] => [at, { kind: "event", event }]),
  ];
  return actions
    .filter(([at]) => at <= atMs)
    .reduce((view, [at, action]) => reduce(view, action, at), INITIAL);
}
