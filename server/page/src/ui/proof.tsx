/** Where the page and the voice go, as this browser sees it. */

import { useEffect, useState } from "preact/hooks";
import { type PageTraffic, pageTraffic, type VoicePath, voicePath } from "../core/proof";
import { HouseIcon } from "./icons";

const PANEL = "proof";
// The round trip is worth no more than a glance now and then.
const REFRESH_MS = 2_000;

interface Seen {
  readonly traffic: PageTraffic;
  readonly path: VoicePath | null;
}

interface Props {
  stats: () => Promise<RTCStatsReport> | undefined;
}

export function ProofButton({ stats }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="quiet labelled" popovertarget={PANEL}>
        <HouseIcon />
        <span>Stays in house</span>
      </button>
      <section
        id={PANEL}
        class="panel"
        popover="auto"
        aria-labelledby="proof-title"
        onToggle={(event) => setOpen(event.newState === "open")}
      >
        <h2 id="proof-title">Where your voice goes</h2>
        <p>
          To <strong>{location.host}</strong>, the server of this page, and nowhere else. Your
          browser sees:
        </p>
        {open && <Facts stats={stats} />}
      </section>
    </>
  );
}

function Facts({ stats }: Props) {
  const [seen, setSeen] = useState<Seen>();
  useEffect(() => {
    const refresh = () => void look(stats).then(setSeen);
    refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    return () => clearInterval(timer);
  }, [stats]);
  if (seen === undefined) return null;
  const { traffic, path } = seen;
  return (
    <dl>
      <dt>This page</dt>
      <dd>{ofPage(traffic)}</dd>
      <dt>Your voice</dt>
      <dd>{ofVoice(path)}</dd>
      {path?.roundTripMs != null && (
        <>
          <dt>Round trip</dt>
          <dd>{path.roundTripMs < 1 ? "under 1 ms" : `${path.roundTripMs} ms`}</dd>
        </>
      )}
      <dt>Kept here</dt>
      <dd>A key, until this tab is closed. No sound, no words.</dd>
    </dl>
  );
}

async function look(stats: Props["stats"]): Promise<Seen> {
  const requests = performance.getEntriesByType("resource").map((entry) => entry.name);
  const report = await stats();
  return {
    traffic: pageTraffic([location.href, ...requests], location.origin),
    path: report === undefined ? null : voicePath(report.values()),
  };
}

function ofPage({ own, foreign }: PageTraffic): string {
  if (foreign.length > 0)
    return `${own} requests to this server, but others to ${foreign.join(", ")}`;
  return `${own} requests, all to this server`;
}

function ofVoice(path: VoicePath | null): string {
  if (path === null) return "Not connected; the microphone is off";
  return `${path.encrypted ? "Encrypted (DTLS-SRTP), straight" : "Connecting"} to ${path.remote}`;
}
