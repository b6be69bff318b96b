/** The relays that the gateway names for a call. Pure. */

/** Returns them as a browser takes them; what is none is left out. */
export function readRelays(body: unknown): RTCIceServer[] {
  const told = (body as { ice_servers?: unknown } | null)?.ice_servers;
  return Array.isArray(told) ? told.filter(isServer).map(asServer) : [];
}

function isServer(one: unknown): one is RTCIceServer {
  const urls = (one as { urls?: unknown } | null)?.urls;
  return Array.isArray(urls) && urls.length > 0 && urls.every((url) => typeof url === "string");
}

function asServer({ urls, username, credential }: RTCIceServer): RTCIceServer {
  if (typeof username !== "string" || typeof credential !== "string") return { urls };
  return { urls, username, credential };
}
