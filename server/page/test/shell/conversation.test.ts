import { beforeEach, expect, test, vi } from "vitest";
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
