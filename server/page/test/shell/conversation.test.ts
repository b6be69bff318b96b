import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServerEvent } from "../../src/core/events";
import { Refusal } from "../../src/core/refusal";
import { Call, type CallListener } from "../../src/shell/call";
import { Conversation } from "../../src/shell/conversation";
import { Keyring } from "../../src/shell/keyring";
import { openMicrophone } from "../../src/shell/microphone";

vi.mock("../../src/shell/microphone");
vi.mock("../../src/shell/meters", () => ({
  Meters: class {
    watch(): void {}
    close(): void {}
  },
}));

class Track {
  enabled = true;
  readonly stop = vi.fn();
  onended: () => void = () => {};
}

let tracks: Track[];
let call: {
  send: ReturnType<typeof vi.fn>;
  hangUp: ReturnType<typeof vi.fn>;
  speakInto: ReturnType<typeof vi.fn>;
};
let listener: CallListener;
let placed: { key: string; session: unknown }[];
let speaker: HTMLAudioElement;
let conversation: Conversation;

beforeEach(() => {
  vi.stubGlobal("MediaStream", class {});
  tracks = [];
  placed = [];
  vi.mocked(openMicrophone).mockImplementation(async () => {
    const track = new Track();
    tracks.push(track);
    return track as unknown as MediaStreamTrack;
  });
  vi.spyOn(Keyring.prototype, "value").mockResolvedValue("ek_1");
  vi.spyOn(Call, "place").mockImplementation(async (_, key, session, heard) => {
    call = { send: vi.fn(), hangUp: vi.fn(), speakInto: vi.fn() };
    listener = heard;
    placed.push({ key, session });
    return call as unknown as Call;
  });
  speaker = document.createElement("audio");
  conversation = new Conversation(new Keyring(), speaker, () => {});
});

const hear = (...events: ServerEvent[]) => {
  for (const event of events) listener.message(JSON.stringify(event));
};
const SPEAKING: ServerEvent[] = [
  { type: "response.created", response: { id: "r" } },
  { type: "response.output_audio_transcript.delta", response_id: "r", delta: "One two." },
  { type: "output_audio_buffer.started", response_id: "r" },
];

test("a call is placed with the key and the microphone, once", async () => {
  await Promise.all([conversation.start(""), conversation.start("")]);
  expect(placed).toEqual([
    { key: "ek_1", session: expect.objectContaining({ antiphon: { events: true } }) },
  ]);
  expect(conversation.view.current.line).toBe("live");
});

test("its end gives everything back", async () => {
  await conversation.start("");
  conversation.stop();
  expect(call.hangUp).toHaveBeenCalledOnce();
  expect(tracks[0]?.stop).toHaveBeenCalledOnce();
  expect(conversation.view.current.line).toBe("ended");
  conversation.stop();
});

test("the server may end it", async () => {
  await conversation.start("");
  hear({ type: "antiphon.state", state: "ended" });
  expect(conversation.view.current).toMatchObject({ line: "ended", problem: null });
});

test("without a microphone there is no call", async () => {
  vi.mocked(openMicrophone).mockRejectedValue(new Refusal({ kind: "microphone-denied" }));
  await conversation.start("");
  expect(placed).toEqual([]);
  expect(conversation.view.current).toMatchObject({
    line: "ended",
    problem: { kind: "microphone-denied" },
  });
});

test("who hangs up before the microphone is lent does not get it", async () => {
  const starting = conversation.start("");
  conversation.stop();
  await starting;
  expect(placed).toEqual([]);
  expect(tracks[0]?.stop).toHaveBeenCalledOnce();
});

test("a call that breaks is placed again with what resumes it", async () => {
  await conversation.start("");
  hear({ type: "session.created", session: { id: "s", antiphon: { resume_token: "rt_1" } } });
  listener.broke();
  await vi.waitFor(() => expect(conversation.view.current.line).toBe("live"));
  expect(placed[1]?.session).toMatchObject({ antiphon: { resume_token: "rt_1" } });
  conversation.stop();
});

test("an interruption is silent here before the server knows of it", async () => {
  await conversation.start("");
  call.send.mockClear();
  conversation.interrupt();
  expect(call.send).not.toHaveBeenCalled();
  hear(...SPEAKING);
  conversation.interrupt();
  expect(speaker.muted).toBe(true);
  expect(call.send).toHaveBeenCalledWith(
    { type: "response.cancel" },
    { type: "output_audio_buffer.clear" },
  );
  hear({ type: "output_audio_buffer.cleared", response_id: "r" });
  expect(speaker.muted).toBe(false);
});

test("muting holds for the next microphone too", async () => {
  await conversation.start("");
  conversation.toggleMute();
  expect(tracks[0]?.enabled).toBe(false);
  await conversation.chooseMicrophone("usb");
  expect(call.speakInto).toHaveBeenCalledWith(tracks[1]);
  expect(tracks[0]?.stop).toHaveBeenCalled();
  expect(tracks[1]?.enabled).toBe(false);
  conversation.toggleMute();
  expect(tracks[1]?.enabled).toBe(true);
});

test("a microphone that is unplugged is replaced, or missed", async () => {
  await conversation.start("");
  tracks[0]?.onended();
  await vi.waitFor(() => expect(call.speakInto).toHaveBeenCalledWith(tracks[1]));
  vi.mocked(openMicrophone).mockRejectedValue(new Refusal({ kind: "microphone-absent" }));
  tracks[1]?.onended();
  await vi.waitFor(() =>
    expect(conversation.view.current.problem).toEqual({ kind: "microphone-absent" }),
  );
});

/** Has the next microphones lent only when their turn comes; returns what lends each. */
function lentLater() {
  const lend: ((track: Track) => void)[] = [];
  vi.mocked(openMicrophone).mockImplementation(
    () =>
      new Promise((resolve) => {
        lend.push((track) => resolve(track as unknown as MediaStreamTrack));
      }),
  );
  return lend;
}

test("a microphone that is lent after the call has ended is given back", async () => {
  await conversation.start("");
  const lend = lentLater();
  const choosing = conversation.chooseMicrophone("usb");
  conversation.stop();
  const late = new Track();
  lend[0]?.(late);
  await choosing;
  expect(late.stop).toHaveBeenCalledOnce();
  expect(call.speakInto).not.toHaveBeenCalledWith(late);
});

test("of two microphones the one chosen last is heard, whichever is lent first", async () => {
  await conversation.start("");
  const lend = lentLater();
  const choosing = [conversation.chooseMicrophone("usb"), conversation.chooseMicrophone("desk")];
  const [usb, desk] = [new Track(), new Track()];
  lend[1]?.(desk);
  lend[0]?.(usb);
  await Promise.all(choosing);
  expect(call.speakInto.mock.calls.slice(1)).toEqual([[desk]]);
  expect(usb.stop).toHaveBeenCalledOnce();
  expect(desk.stop).not.toHaveBeenCalled();
});

test("a microphone that is chosen while the call is placed is heard in it", async () => {
  const place = vi.mocked(Call.place).getMockImplementation();
  vi.mocked(Call.place).mockImplementationOnce(async (...given) => {
    await conversation.chooseMicrophone("usb");
    return place?.(...given) as Promise<Call>;
  });
  await conversation.start("");
  expect(tracks[0]?.stop).toHaveBeenCalled();
  expect(call.speakInto.mock.lastCall).toEqual([tracks[1]]);
});

test("what is no event is not taken for one", async () => {
  await conversation.start("");
  const before = conversation.view.current;
  listener.message("{");
  expect(conversation.view.current).toBe(before);
});

test("turns that cannot be found here go back to the gateway", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  await conversation.start("");
  await conversation.findTurnsHere(true); // there are no files to load
  expect(conversation.turns.choice.current).toBe("off");
  expect(call.send.mock.calls.at(-1)?.[0]).toMatchObject({
    session: { audio: { input: { turn_detection: { type: "semantic_vad" } } } },
  });
  expect(conversation.view.current.problem).toMatchObject({ kind: "said" });
});

const VAD = new URL("vad/vad.js", document.baseURI).href;
const COMMIT = { type: "input_audio_buffer.commit" };
const CANCEL = { type: "response.cancel" };
const CLEAR = { type: "output_audio_buffer.clear" };
const CREATE = { type: "response.create" };

afterEach(() => {
  vi.doUnmock(VAD);
  vi.resetModules();
});

/** Puts a detector beside the page that hears what it is told to, once it is loaded. */
function detector(load: () => Promise<void> = async () => {}) {
  const ears = { began: () => {}, ended: () => {}, listens: false };
  const detect = async (_: MediaStream, __: number, began: () => void, ended: () => void) => {
    Object.assign(ears, { began, ended, listens: true });
    await load();
    return { close: async () => {} };
  };
  vi.doMock(VAD, () => ({ detect }));
  return ears;
}

const toldDetection = () =>
  call.send.mock.calls
    .flat()
    .filter((event) => event.type === "session.update")
    .map((event) => event.session.audio.input.turn_detection);

test("a call is told who finds its turns, though that changed while it was placed", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  detector(() => Promise.reject(new Error("no model")));
  await conversation.findTurnsHere(true);
  const place = vi.mocked(Call.place).getMockImplementation();
  vi.mocked(Call.place).mockImplementation(async (...given) => {
    await vi.waitFor(() => expect(conversation.turns.on).toBe(false));
    return place?.(...given) as Promise<Call>;
  });
  await conversation.start("");
  expect(placed[0]?.session).toMatchObject({ audio: { input: { turn_detection: null } } });
  expect(toldDetection()).toEqual([{ type: "semantic_vad" }]);
});

test.each([
  [true, false, { type: "semantic_vad" }],
  [false, true, null],
])("a session that is resumed is told, too: %s becomes %s", async (before, after, told) => {
  detector();
  await conversation.findTurnsHere(before);
  await conversation.start("");
  // Only the first try is at once.
  vi.mocked(Call.place).mockRejectedValueOnce(new Refusal({ kind: "no-media" }));
  listener.broke();
  await vi.waitFor(() => expect(Call.place).toHaveBeenCalledTimes(2));
  await conversation.findTurnsHere(after);
  expect(placed).toHaveLength(1);
  conversation.hurry();
  await vi.waitFor(() => expect(conversation.view.current.line).toBe("live"));
  expect(placed).toHaveLength(2);
  expect(toldDetection()).toEqual([told]);
  conversation.stop();
});

/** Returns what a detector hears in a call in which turns are found here. */
async function hearing() {
  const ears = detector();
  await conversation.findTurnsHere(true);
  await conversation.start("");
  await vi.waitFor(() => expect(ears.listens).toBe(true));
  call.send.mockClear();
  return ears;
}

test("a turn that ended is answered", async () => {
  const ears = await hearing();
  ears.began();
  expect(call.send).not.toHaveBeenCalled();
  ears.ended();
  expect(call.send.mock.calls.flat()).toEqual([COMMIT, CLEAR, CREATE]);
});

test("a reply that begins while the caller goes on is silenced, and all is answered", async () => {
  const ears = await hearing();
  ears.began();
  ears.ended();
  ears.began(); // the gateway still works out what was said before
  call.send.mockClear();
  hear(...SPEAKING.slice(0, 1));
  expect(call.send.mock.calls.flat()).toEqual([CANCEL, CLEAR]);
  expect(speaker.muted).toBe(true);
  hear({ type: "response.done", response: { id: "r", status: "cancelled" } });
  call.send.mockClear();
  ears.ended();
  expect(call.send.mock.calls.flat()).toEqual([COMMIT, CLEAR, CREATE]);
  hear({ type: "response.created", response: { id: "s" } });
  hear({ type: "output_audio_buffer.started", response_id: "s" });
  expect(call.send).toHaveBeenCalledOnce();
  expect(speaker.muted).toBe(false);
});

test("a reply that runs when a turn ends gives way to the next", async () => {
  const ears = await hearing();
  hear(...SPEAKING);
  ears.ended();
  expect(call.send.mock.calls.flat()).toEqual([COMMIT, CANCEL, CLEAR, CREATE]);
  expect(speaker.muted).toBe(true);
});
