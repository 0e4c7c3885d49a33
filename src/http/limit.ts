// What one port grants a peer before it knows who that is. Every wait and every buffer has an end.

/** Bounds of the socket layer. Times in milliseconds. */
export interface HttpLimits {
  /** Open connections at a time; one more is closed at once. */
  readonly connections: number;
  /** Of these, from one source (see `sourceOf`); one more is closed at once. Proxies of ours are not counted. */
  readonly connectionsPerSource: number;
  /** All headers of one request, in bytes: 431 on HTTP/1.1, a refused stream on HTTP/2. */
  readonly headerBytes: number;
  /** From the connection to its first bytes, and on HTTP/1.1 from there to the end of the headers. */
  readonly headerMs: number;
  /** HTTP/1.1: from the first byte of a request to the last of its body, streams included. */
  readonly requestMs: number;
  /** HTTP/1.1: how often the two limits above are looked at. */
  readonly checkMs: number;
  /** HTTP/1.1: how long a connection may stay open between two requests. */
  readonly keepAliveMs: number;
  /** HTTP/2: how long a connection may stay open without a stream; PINGs do not prolong it. */
  readonly idleSessionMs: number;
  /** HTTP/2: open streams per connection, as told to the peer. */
  readonly streamsPerConnection: number;
  /** HTTP/2: streams that a peer may reset at once, and then in every second; above that the connection ends. */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  /** HTTP/2: memory per connection in megabytes; above it new streams are refused. */
  readonly sessionMegabytes: number;
  /** How long a peer may leave what was sent to it unread; progress, however small, begins it anew. */
  readonly stallMs: number;
  /** How long requests that are on their way are still taken at the end. */
  readonly noticeMs: number;
  /** How long a peer may take to close its half after this side has said everything. */
  readonly lingerMs: number;
}

/** The limits of a server that is not told otherwise. */
export const defaultLimits: HttpLimits = Object.freeze({
  connections: 5_000,
  connectionsPerSource: 1_000,
  headerBytes: 16 * 1024,
  headerMs: 5_000,
  requestMs: 300_000,
  checkMs: 1_000,
  keepAliveMs: 5_000,
  idleSessionMs: 300_000,
  streamsPerConnection: 100,
  resetBurst: 500,
  resetsPerSecond: 50,
  sessionMegabytes: 10,
  stallMs: 30_000,
  noticeMs: 500,
  lingerMs: 1_000,
});
