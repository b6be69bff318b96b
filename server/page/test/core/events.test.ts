import { expect, test } from "vitest";
import { parse } from "../../src/core/events";

test("an event is read", () => {
  expect(parse('{"type":"response.created","response":{"id":"r"}}')).toEqual({
    type: "response.created",
    response: { id: "r" },
  });
});

test.each(["", "{", "null", "3", '"text"', "[]", "{}"])("%j is no event", (message) => {
  expect(parse(message)).toBeNull();
});
