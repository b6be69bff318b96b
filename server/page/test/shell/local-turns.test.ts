import { beforeEach, expect, test, vi } from "vitest";
import { LocalTurns } from "../../src/shell/local-turns";

interface Ears {
  began(): void;
  ended(): void;
  close(): Promise<void>;
}

let ears: Ears[];
let turns: LocalTurns;
let listener: { began: () => void; ended: () => void; problem: () => void };
const stream = () => ({}) as MediaStream;

beforeEach(async () => {
  ears = [];
  const detect = async (_: MediaStream, __: number, began: () => void, ended: () => void) => {
    ears.push({ began, ended, close: vi.fn(async () => {}) });
    return ears.at(-1);
  };
  vi.resetModules();
  vi.doMock(new URL("vad/vad.js", document.baseURI).href, () => ({ detect }));
  listener = { began: vi.fn(), ended: vi.fn(), problem: vi.fn() };
  turns = new LocalTurns(listener);
  await turns.choose(true);
  await turns.listenTo(stream());
});

test("the caller speaks from the beginning of a turn to its end", () => {
  expect(turns.speaking).toBe(false);
  ears[0]?.began();
  expect(turns.speaking).toBe(true);
  expect(listener.began).toHaveBeenCalledOnce();
  ears[0]?.ended();
  expect(turns.speaking).toBe(false);
  expect(listener.ended).toHaveBeenCalledOnce();
});

test.each([
  ["is switched off", () => turns.choose(false)],
  ["hears another microphone", () => turns.listenTo(stream())],
  ["is left", async () => turns.leave()],
])("nobody speaks any more to a detector that %s, whatever it still hears", async (_, change) => {
  ears[0]?.began();
  await change();
  expect(turns.speaking).toBe(false);
  expect(ears[0]?.close).toHaveBeenCalledOnce();
  ears[0]?.began();
  ears[0]?.ended();
  ears[0]?.began();
  expect(turns.speaking).toBe(false);
  expect(listener.began).toHaveBeenCalledOnce();
  expect(listener.ended).not.toHaveBeenCalled();
});
