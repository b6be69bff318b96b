/** Everything that was said, the newest line always in sight unless the person looks at older ones. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Entry, View } from "../core/view";
import { AgentLine } from "./agent-line";
import { CallerLine } from "./caller-line";
import { DownIcon } from "./icons";
import { longestMs } from "./latency";

// A person who is that close to the end wants to see the end.
const NEAR_PX = 80;

export function Transcript({ view }: { view: View }) {
  const box = useRef<HTMLElement>(null);
  const [following, setFollowing] = useState(true);
  const toEnd = () => box.current?.scrollTo({ top: box.current.scrollHeight });
  useLayoutEffect(() => {
    if (following) toEnd();
  });
  const onScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: ScrollOf) =>
    setFollowing(scrollHeight - scrollTop - clientHeight < NEAR_PX);
  const scaleMs = longestMs(view.entries);
  return (
    <>
      <h1 id="transcript" class="visually-hidden">
        Transcript
      </h1>
      <section
        ref={box}
        class="transcript"
        aria-labelledby="transcript"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus, arrow keys cannot scroll it
        tabIndex={0}
        onScroll={onScroll}
      >
        <ol>
          {view.entries.map((entry) => (
            <li key={`${entry.speaker} ${entry.id}`} class={entry.speaker}>
              <EntryLine entry={entry} scaleMs={scaleMs} />
            </li>
          ))}
        </ol>
      </section>
      {!following && (
        <button type="button" class="to-end" onClick={toEnd}>
          <DownIcon />
          Latest
        </button>
      )}
    </>
  );
}

type ScrollOf = { currentTarget: HTMLElement };

function EntryLine({ entry, scaleMs }: { entry: Entry; scaleMs: number }) {
  switch (entry.speaker) {
    case "caller":
      return <CallerLine entry={entry} />;
    case "agent":
      return <AgentLine entry={entry} scaleMs={scaleMs} />;
    case "nobody":
      return <p class="break">A new conversation</p>;
  }
}
