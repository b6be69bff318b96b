import type { AgentEntry } from "../core/view";
import { LatencyBar } from "./latency";

/** A reply: as far as it was heard, and struck out what an interruption kept from being heard. */
export function AgentLine({ entry, scaleMs }: { entry: AgentEntry; scaleMs: number }) {
  const heard = entry.text.slice(0, entry.heard);
  const rest = entry.text.slice(entry.heard);
  const unheard = rest.trimStart();
  return (
    <>
      <p class="who">Antiphon</p>
      <div>
        <p class="said" aria-busy={entry.delivery === "waiting" || entry.delivery === "playing"}>
          {heard}
          {entry.delivery === "interrupted" && unheard !== "" && (
            <>
              {rest.slice(0, rest.length - unheard.length)}
              <span class="visually-hidden">Not heard: </span>
              <s>{unheard}</s>
            </>
          )}
          {entry.delivery === "waiting" && <Thinking />}
        </p>
        {entry.delivery === "interrupted" && <p class="note">Interrupted</p>}
        {entry.delivery === "failed" && <p class="note failed">No answer. {entry.failure}</p>}
        {entry.timelineMs !== null && (
          <LatencyBar timelineMs={entry.timelineMs} scaleMs={scaleMs} />
        )}
      </div>
    </>
  );
}

function Thinking() {
  return (
    <span class="thinking">
      <span class="visually-hidden">Thinking</span>
      <i />
      <i />
      <i />
    </span>
  );
}
