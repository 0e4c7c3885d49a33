// What a rule and a credential demand of a request message: a reason, and that nobody sends another message under a
// credential that was used for one.
import { hash } from "node:crypto";
import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Call } from "./call.ts";
import type { Listeners, RefuseLater } from "./report.ts";

/** The shortest reason, in characters. */
export const reasonMinLength = 10;

/** Throws if the message must not be handled. */
export type CheckMessage = (message: Message) => Promise<void>;

interface Checked {
  readonly call: Call;
  /** The schema of the messages. */
  readonly schema: DescMessage;
  readonly refuse: RefuseLater;
  readonly onError: Listeners["onError"];
}

/** The check of every request message of a call; undefined if neither its rule nor its credential wants one. */
export function createMessageCheck(checked: Checked): CheckMessage | undefined {
  const { rule, messageChecks, dryRun = false } = checked.call;
  const wantsReason = rule?.reason === true && !dryRun;
  if (!wantsReason && messageChecks.length === 0) return undefined;
  return async (message) => {
    await assertAccepted(checked, message);
    if (wantsReason) assertReason(message);
  };
}

async function assertAccepted(checked: Checked, message: Message): Promise<void> {
  const verdict = await ask(checked, message);
  if (verdict === "accepted") return;
  const { error, told } = checked.refuse(verdict, "message");
  await told;
  throw error;
}

async function ask({ call, schema, onError }: Checked, message: Message) {
  try {
    const digest = digestOf(schema, message);
    for (const check of call.messageChecks) if (!(await check(digest))) return "BAD_CREDENTIAL";
    return "accepted";
  } catch (error) {
    onError?.(error, call);
    return "UNDECIDABLE";
  }
}

/** The same for every encoding of a message, so that a re-send over another protocol is still the same call. */
function digestOf(schema: DescMessage, message: Message): string {
  return hash("sha256", toBinary(schema, message), "base64");
}

const longEnough = new RegExp(`^.{${reasonMinLength}}`, "su");

/** Throws invalid_argument if the `reason` of a message says nothing. The generator made sure that the field exists. */
export function assertReason(message: Message): void {
  const { reason } = message as Message & { readonly reason?: unknown };
  if (typeof reason === "string" && longEnough.test(reason.trim())) return;
  const text = `reason: must say why in at least ${reasonMinLength} characters`;
  throw new ConnectError(text, Code.InvalidArgument);
}
