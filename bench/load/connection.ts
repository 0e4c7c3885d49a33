// What both versions of HTTP look like to the bundled generator.
import type { Request } from "../wire.ts";

/** Header fields that differ from call to call. */
export type Fields = ReadonlyArray<readonly [name: string, value: string]>;

/** What a connection repeats. */
export interface Repeated {
  readonly url: URL;
  readonly request: Request;
  /** What each call has beside the headers of the request. */
  readonly sign: () => Fields;
  /** Told of the end of each call: when it began (`performance.now`), whether it failed, and the bytes of its answer. */
  readonly onAnswer: (startedMs: number, failed: boolean, bytes: number) => void;
}

/** A connection that is open. */
export interface Connection {
  /** Sends the request once more; the call counts from `startedMs`. */
  call(startedMs: number): void;
  close(): void;
}
