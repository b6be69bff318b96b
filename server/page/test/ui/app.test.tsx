import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import { INITIAL, type View } from "../../src/core/view";
import { Conversation } from "../../src/shell/conversation";
import { Keyring } from "../../src/shell/keyring";
import { App } from "../../src/ui/app";
import { MOMENTS, viewAt } from "../story";

const conversation = new Conversation(new Keyring(), document.createElement("audio"), () => {});

function show(view: View): void {
  act(() => {
    conversation.view.set(view);
    render(<App conversation={conversation} />, document.body);
  });
}

afterEach(() => {
  act(() => render(null, document.body));
  conversation.view.set(INITIAL);
});

const text = (selector: string): string[] =>
  [...document.querySelectorAll(selector)].map((found) => found.textContent ?? "");
const button = (name: string): HTMLButtonElement => {
  const found = [...document.querySelectorAll("button")].find(
    (one) => (one.getAttribute("aria-label") ?? one.textContent) === name,
  );
  if (found === undefined) throw new Error(`no button ${name}`);
  return found;
};
const press = (key: string, target: EventTarget = document.body): void => {
  act(() => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  });
};

test("at first there is one thing to do", () => {
  show(INITIAL);
  expect(text("h1")).toEqual(["Speak. It answers."]);
  const start = vi.spyOn(conversation, "start").mockResolvedValue();
  button("Start talking").click();
  expect(start).toHaveBeenCalledWith("");
});

test("what may still change is grey", () => {
  show(viewAt(MOMENTS.partial));
  expect(text(".caller .said")).toEqual(["Good morning, I'd like to see"]);
  expect(text(".caller .open")).toEqual([" to see"]);
  expect(text(".status")).toEqual(["Hearing you"]);
});

test("a reply that is not heard yet is not shown, only that it comes", () => {
  show(viewAt(MOMENTS.thinking));
  expect(text(".agent .said")).toEqual(["Thinking"]);
  expect(text(".status")).toEqual(["Thinking"]);
});

test.each([
  ["Sorry".length, "SorryNot heard: , I mean it."],
  ["Sorry,".length, "Sorry, Not heard: I mean it."],
])("a reply that was cut after %i characters is as it was written", (heard, shown) => {
  const view = viewAt(MOMENTS.interrupted);
  const cut = { text: "Sorry, I mean it.", heard, delivery: "interrupted" } as const;
  const entries = view.entries.map((entry) =>
    entry.speaker === "agent" ? { ...entry, ...cut } : entry,
  );
  show({ ...view, entries });
  expect(text(".agent .said").at(-1)).toBe(shown);
});

test("a reply is shown as far as it was heard", () => {
  show(viewAt(MOMENTS.speaking));
  expect(text(".agent .said")[0]).toMatch(/^Of course\. .* one at$/);
  expect(text(".status")).toEqual(["Speaking"]);
});

test("what an interruption kept from being heard is struck out", () => {
  show(viewAt(MOMENTS.interrupted));
  expect(text("s")).toEqual(["and please do not eat anything in the six hours before, because"]);
  expect(text(".agent .note")).toEqual(["Interrupted"]);
});

test("the latency bar opens into a table", () => {
  show(viewAt(MOMENTS.between));
  const bar = button("Answered after 507 ms");
  const table = document.getElementById(bar.getAttribute("aria-controls") ?? "");
  expect(table?.hidden).toBe(true);
  act(() => bar.click());
  expect(table?.hidden).toBe(false);
  expect(bar.getAttribute("aria-expanded")).toBe("true");
  expect(text("tr")[0]).toBe("Noticing the pause212 ms");
});

test("in a call the focus is on the button that mutes", () => {
  show({ ...INITIAL, line: "live" });
  expect(document.activeElement).toBe(button("Mute the microphone"));
  const toggle = vi.spyOn(conversation, "toggleMute");
  button("Mute the microphone").click();
  press(" ");
  expect(toggle).toHaveBeenCalledTimes(2);
});

test("Space starts, Escape interrupts", () => {
  show(INITIAL);
  const start = vi.spyOn(conversation, "start").mockResolvedValue();
  const interrupt = vi.spyOn(conversation, "interrupt");
  press("Escape");
  press(" ");
  expect(start).toHaveBeenCalledOnce();
  show(viewAt(MOMENTS.speaking));
  press(" ", button("Interrupt the answer"));
  press("Escape");
  expect(interrupt).toHaveBeenCalledOnce();
});

test("there is something to interrupt only while there is a reply", () => {
  show(viewAt(MOMENTS.speaking));
  expect(button("Interrupt the answer").disabled).toBe(false);
  show(viewAt(MOMENTS.between));
  expect(button("Interrupt the answer").disabled).toBe(true);
});

test("a dropped line can be hurried, and ended", () => {
  show({ ...viewAt(MOMENTS.between), line: "reconnecting" });
  const [hurry, stop] = [vi.spyOn(conversation, "hurry"), vi.spyOn(conversation, "stop")];
  button("Try now").click();
  button("End the conversation").click();
  expect(hurry).toHaveBeenCalledOnce();
  expect(stop).toHaveBeenCalledOnce();
});

test("a problem is told at once and can be put away", () => {
  show({ ...INITIAL, problem: { kind: "microphone-denied" } });
  expect(text("[role=alert] h2")).toEqual(["The microphone is blocked"]);
  act(() => button("Dismiss").click());
  expect(text("[role=alert]")).toEqual([]);
});

test("while the gateway is full nobody can start, but sees for how long", () => {
  vi.useFakeTimers();
  show({ ...INITIAL, problem: { kind: "full", untilMs: performance.now() + 2_000 } });
  expect(button("Start talking").disabled).toBe(true);
  expect(text(".notice p")).toEqual(["A line may be free in 2 seconds."]);
  act(() => void vi.advanceTimersByTime(2_000));
  expect(button("Start talking").disabled).toBe(false);
  vi.useRealTimers();
});

test("after a call its transcript can be cleared", () => {
  show({ ...viewAt(MOMENTS.between), line: "ended" });
  act(() => button("Clear transcript").click());
  expect(text("h1")).toEqual(["Speak. It answers."]);
});

test("a screen reader is told each line once it stands", () => {
  show(viewAt(MOMENTS.speaking));
  act(() => conversation.view.set(viewAt(MOMENTS.between)));
  expect(text("[role=status]")[0]).toMatch(/^Antiphon: Of course\./);
});

test("the switch for turns that are found here is there only where that can be done", () => {
  show(INITIAL);
  expect(document.querySelector("[role=switch]")).toBeNull();
  act(() => conversation.turns.choice.set("off"));
  expect(document.querySelector("[role=switch]")).not.toBeNull();
  conversation.turns.choice.set("absent");
});

test("every control has a name, and no style or script is in the markup", () => {
  show(viewAt(MOMENTS.interrupted));
  for (const one of document.querySelectorAll("button")) {
    expect((one.getAttribute("aria-label") ?? one.textContent ?? "").trim()).not.toBe("");
  }
  expect(document.querySelectorAll("script, style, [onclick]").length).toBe(0);
});
