// Public keys that users of a machine log in with: lines of OpenSSH's authorized_keys, read down to the numbers in them.
// A line that sshd does not understand would lock its user out.
import { Buffer } from "node:buffer";
import { type FieldCheck, fieldsFault, number, octets, point, text } from "./ssh-key-field.ts";

/** sshd refuses shorter RSA keys (RequiredRSASize). */
const minRsaBits = 1024;

/** What follows the type in the blob of a key: RFC 4253 6.6, RFC 8709 4, RFC 5656 3.1, OpenSSH's PROTOCOL.u2f. */
const types: ReadonlyMap<string, readonly FieldCheck[]> = new Map([
  ["ssh-ed25519", [octets(32)]],
  ["ssh-rsa", [number(1), number(minRsaBits)]],
  ["ecdsa-sha2-nistp256", [text("nistp256"), point(32)]],
  ["ecdsa-sha2-nistp384", [text("nistp384"), point(48)]],
  ["ecdsa-sha2-nistp521", [text("nistp521"), point(66)]],
  ["sk-ssh-ed25519@openssh.com", [octets(32), octets()]],
  ["sk-ecdsa-sha2-nistp256@openssh.com", [text("nistp256"), point(32), octets()]],
]);

/** Options of a line: names, some with a value in quotes, where a backslash escapes. */
const options = /^[a-z\d-]+(?:="(?:[^"\\]|\\.)*")?(?:,[a-z\d-]+(?:="(?:[^"\\]|\\.)*")?)*[ \t]+/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Why a text is not one line of authorized_keys, `[options] type base64 [comment]`, or undefined if it is one. Types that
 * OpenSSH accepts no longer (DSA) or only from authorities (certificates) are refused. Never quotes the text.
 */
export function sshKeyFault(line: string): string | undefined {
  if (line === "") return "is empty";
  if (/[^\t\P{Cc}]/u.test(line)) return "has line breaks or other control characters";
  const key = startsWithType(line) ? line : line.replace(options, "");
  if (!startsWithType(key))
    return `has no type of key that is known, which are ${Array.from(types.keys()).join(", ")}`;
  const [type = "", blob = ""] = key.split(/[ \t]+/, 2);
  if (blob === "" || !base64.test(blob)) return "has no base64 after its type";
  const reason = fieldsFault(Buffer.from(blob, "base64"), [text(type), ...(types.get(type) ?? [])]);
  return reason === undefined ? undefined : `is no key of type ${type}: ${reason}`;
}

function startsWithType(line: string): boolean {
  return types.has(line.split(/[ \t]/, 1)[0] ?? "");
}
