import { describe, expect, test } from "vitest";
import { readRelays } from "../../src/core/relays";

const URL = "turn:relay.example:3478?transport=udp";

describe("what the gateway names", () => {
  test("is taken as a browser takes it", () => {
    const named = { urls: [URL], username: "1700000000", credential: "p" };
    expect(readRelays({ ice_servers: [{ urls: ["stun:relay.example"] }, named] })).toEqual([
      { urls: ["stun:relay.example"] },
      named,
    ]);
  });

  test("is without a name where it is told half of one", () => {
    expect(readRelays({ ice_servers: [{ urls: [URL], username: "1700000000" }] })).toEqual([
      { urls: [URL] },
    ]);
  });

  test.each([
    null,
    7,
    {},
    { ice_servers: null },
    { ice_servers: [null, 7, { urls: URL }, { urls: [] }] },
  ])("is nothing in %j", (body) => {
    expect(readRelays(body)).toEqual([]);
  });
});
