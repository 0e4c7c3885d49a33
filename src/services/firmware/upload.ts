// An upload as it arrives: one message that says what comes, then what comes.
import { Code, ConnectError } from "@connectrpc/connect";
import type {
  Firmware,
  FirmwareServiceUploadRequest as Part,
} from "../../../gen/metal/v1/firmware_pb.ts";
import { invalid } from "../../domain/errors.ts";
import { TimeLimitError, untilLimit } from "../../rbac/until-aborted.ts";

/** What an upload must keep to. */
export interface UploadRules {
  /** In bytes. */
  readonly limit: number;
  /** Ends with the call. */
  readonly signal: AbortSignal;
  /** A sender that says nothing for so many milliseconds is given up. */
  readonly silenceMs?: number;
}

/** An upload whose header has been read. */
export interface ReadUpload {
  readonly header: Firmware;
  /** Throws what is wrong with the messages. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Reads the header. Throws invalid_argument if it is missing, or announces more than there may be. */
export async function readUpload(
  parts: AsyncIterable<Part>,
  rules: UploadRules,
): Promise<ReadUpload> {
  const messages = parts[Symbol.asyncIterator]();
  const first = await next(messages, rules);
  if (first?.part.case !== "header") throw invalid("part: the first must be the header");
  const header = first.part.value;
  if (header.sha256 === "") throw invalid("header.sha256: must be what is coming");
  if (header.size > rules.limit)
    throw invalid(`header.size: ${header.size} bytes, at most ${rules.limit} are kept`);
  return { header, chunks: chunksOf(messages, rules) };
}

async function* chunksOf(
  messages: AsyncIterator<Part>,
  rules: UploadRules,
): AsyncGenerator<Uint8Array> {
  for (let message = await next(messages, rules); message; message = await next(messages, rules)) {
    if (message.part.case !== "chunk") throw invalid("part: there is one header only");
    yield message.part.value;
  }
}

const defaultSilenceMs = 60_000;

/** The next message; undefined after the last. Throws deadline_exceeded if none comes. */
async function next(
  messages: AsyncIterator<Part>,
  { signal, silenceMs = defaultSilenceMs }: UploadRules,
): Promise<Part | undefined> {
  try {
    const { done, value } = await untilLimit(messages.next(), { limitMs: silenceMs, signal });
    return done === true ? undefined : value;
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    throw new ConnectError(`nothing came for ${silenceMs} ms`, Code.DeadlineExceeded);
  }
}
