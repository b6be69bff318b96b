import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Problem } from "../../src/core/problems";
import { Refusal } from "../../src/core/refusal";
import { Line } from "../../src/shell/line";

interface FakeCall {
  again: boolean;
  atMs: number;
  hungUp: boolean;
  broke(): void;
  hangUp(): void;
}

class World {
  readonly told: string[] = [];
  readonly calls: FakeCall[] = [];
  refusals: Problem[] = [];
  readonly line = new Line<FakeCall>(
    async (again, broke) => {
      this.attempts.push(Math.round(performance.now() - this.startMs));
      const problem = this.refusals.shift();
      if (problem !== undefined) throw new Refusal(problem);
      const call: FakeCall = {
        again,
        atMs: performance.now(),
        hungUp: false,
        broke,
        hangUp: () => {
          call.hungUp = true;
        },
      };
      this.calls.push(call);
      return call;
    },
    {
      connected: () => this.told.push("connected"),
      lost: () => this.told.push("lost"),
      ended: (problem) => this.told.push(`ended: ${problem?.kind ?? "hung up"}`),
    },
  );
  readonly attempts: number[] = [];
  startMs = performance.now();

  drop(): void {
    this.startMs = performance.now();
    this.attempts.length = 0;
    this.calls.at(-1)?.broke();
  }
}

let world: World;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
  world = new World();
});
afterEach(() => vi.useRealTimers());

test("a call is placed, and hung up", async () => {
  await world.line.open();
  expect(world.line.call).toBe(world.calls[0]);
  world.line.close();
  expect(world.told).toEqual(["connected", "ended: hung up"]);
  expect(world.calls[0]).toMatchObject({ again: false, hungUp: true });
});

test("a first call that is refused is not tried again", async () => {
  world.refusals = [{ kind: "full", untilMs: 0 }];
  await world.line.open();
  await vi.runAllTimersAsync();
  expect(world.told).toEqual(["ended: full"]);
  expect(world.attempts).toHaveLength(1);
});

test("a call that breaks is placed again, to resume", async () => {
  await world.line.open();
  world.drop();
  expect(world.line.call).toBeNull();
  await vi.runAllTimersAsync();
  expect(world.told).toEqual(["connected", "lost", "connected"]);
  expect(world.line.call).toBe(world.calls[1]);
  expect(world.calls[1]).toMatchObject({ again: true });
});

test("it is tried ever more seldom until it succeeds", async () => {
  await world.line.open();
  world.refusals = [{ kind: "unreachable" }, { kind: "no-media" }, { kind: "unreachable" }];
  world.drop();
  await vi.runAllTimersAsync();
  expect(world.attempts).toEqual([0, 500, 1_500, 3_500]);
  expect(world.told.at(-1)).toBe("connected");
});

test("a full gateway is asked again when it said", async () => {
  await world.line.open();
  world.refusals = [{ kind: "full", untilMs: performance.now() + 5_000 }];
  world.drop();
  await vi.runAllTimersAsync();
  expect(world.attempts).toEqual([0, 5_000]);
});

test("after a minute the conversation is given up", async () => {
  await world.line.open();
  world.refusals = Array.from({ length: 99 }, () => ({ kind: "unreachable" }) as const);
  world.drop();
  await vi.runAllTimersAsync();
  expect(world.told).toEqual(["connected", "lost", "ended: line-lost"]);
  expect(world.attempts.at(-1)).toBeLessThan(70_000);
});

test("what will not pass is not tried again", async () => {
  await world.line.open();
  world.refusals = [{ kind: "key-refused" }];
  world.drop();
  await vi.runAllTimersAsync();
  expect(world.told.at(-1)).toBe("ended: key-refused");
  expect(world.attempts).toEqual([0]);
});

test("a network that is back is used at once", async () => {
  await world.line.open();
  world.refusals = Array.from({ length: 4 }, () => ({ kind: "unreachable" }) as const);
  world.drop();
  await vi.advanceTimersByTimeAsync(3_600);
  world.line.hurry();
  await vi.advanceTimersByTimeAsync(1);
  expect(world.attempts).toEqual([0, 500, 1_500, 3_500, 3_600]);
});

test("who hangs up while the line is down is left alone", async () => {
  await world.line.open();
  world.refusals = [{ kind: "unreachable" }];
  world.drop();
  await vi.advanceTimersByTimeAsync(100);
  world.line.close();
  await vi.runAllTimersAsync();
  expect(world.attempts).toEqual([0]);
  expect(world.told.at(-1)).toBe("ended: hung up");
});

test("who hangs up while the call is being placed does not stay in it", async () => {
  const opening = world.line.open();
  world.line.close();
  await opening;
  expect(world.calls[0]?.hungUp).toBe(true);
  expect(world.told).toEqual(["ended: hung up"]);
});
