import { expect, test } from "vitest";
import { pageTraffic, voicePath } from "../../src/core/proof";

const ORIGIN = "https://antiphon.example:8443";

test("requests are counted by where they went", () => {
  const addresses = [
    `${ORIGIN}/`,
    `${ORIGIN}/index.js`,
    "data:image/png;base64,",
    "https://elsewhere.example/a",
    "https://elsewhere.example/b",
  ];
  expect(pageTraffic(addresses, ORIGIN)).toEqual({ own: 2, foreign: ["elsewhere.example"] });
});

const TRANSPORT = {
  id: "t",
  type: "transport",
  selectedCandidatePairId: "p",
  dtlsState: "connected",
};
const PAIR = {
  id: "p",
  type: "candidate-pair",
  remoteCandidateId: "r",
  currentRoundTripTime: 0.0042,
};
const REMOTE = { id: "r", type: "remote-candidate", address: "10.1.2.3", port: 40123 };

test("the voice's path is the pair that the transport chose", () => {
  expect(voicePath([REMOTE, { id: "x", type: "codec" }, PAIR, TRANSPORT])).toEqual({
    remote: "10.1.2.3:40123",
    encrypted: true,
    roundTripMs: 4,
  });
});

test("before the first answer there is no round trip, and before DTLS no encryption", () => {
  const pair = { ...PAIR, currentRoundTripTime: undefined };
  const transport = { ...TRANSPORT, dtlsState: "connecting" };
  expect(voicePath([REMOTE, pair, transport])).toMatchObject({
    encrypted: false,
    roundTripMs: null,
  });
});

test("a browser that tells nothing of the transport marks the pair that is in use", () => {
  const pair = { ...PAIR, nominated: true, state: "succeeded" };
  const remote = { ...REMOTE, address: "fd00::2" };
  expect(voicePath([{ ...PAIR, id: "unused" }, pair, remote])).toEqual({
    remote: "[fd00::2]:40123",
    encrypted: true,
    roundTripMs: 4,
  });
});

test.each([[[]], [[TRANSPORT]], [[TRANSPORT, PAIR]]])("no path in %j", (stats) => {
  expect(voicePath(stats)).toBeNull();
});
