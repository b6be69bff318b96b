/** What this page can show of where it and the voice go. Pure. */

export interface PageTraffic {
  readonly own: number;
  /** Other hosts that the page asked anything of: none, unless an extension or a proxy made it. */
  readonly foreign: readonly string[];
}

export interface VoicePath {
  readonly remote: string;
  readonly encrypted: boolean;
  readonly roundTripMs: number | null;
}

/** Returns how many of the requested addresses are at `origin`, and which hosts the others are at. */
export function pageTraffic(addresses: readonly string[], origin: string): PageTraffic {
  const urls = addresses.map((address) => new URL(address));
  const foreign = urls.filter((url) => url.protocol.startsWith("http") && url.origin !== origin);
  return {
    own: urls.filter((url) => url.origin === origin).length,
    foreign: [...new Set(foreign.map((url) => url.host))],
  };
}

type Stat = Readonly<Record<string, unknown>>;

/** Returns the path that the voice takes by WebRTC's statistics, or null where none is chosen yet. */
export function voicePath(stats: Iterable<Stat>): VoicePath | null {
  const byId = new Map([...stats].map((stat) => [stat["id"], stat]));
  const all = [...byId.values()];
  const transport = all.find((stat) => stat["type"] === "transport");
  // Some browsers tell nothing of the transport, but mark the pair that is in use.
  const pair = byId.get(transport?.["selectedCandidatePairId"]) ?? all.find(isInUse);
  const remote = byId.get(pair?.["remoteCandidateId"]);
  if (pair === undefined || remote === undefined) return null;
  const rttS = pair["currentRoundTripTime"];
  return {
    remote: address(String(remote["address"]), Number(remote["port"])),
    encrypted: (transport?.["dtlsState"] ?? "connected") === "connected",
    roundTripMs: typeof rttS === "number" ? Math.round(rttS * 1000) : null,
  };
}

function isInUse(stat: Stat): boolean {
  return (
    stat["type"] === "candidate-pair" && stat["nominated"] === true && stat["state"] === "succeeded"
  );
}

function address(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
