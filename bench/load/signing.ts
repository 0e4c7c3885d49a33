// Signs calls as metal-stack's clients do, each with a salt of its own.
import { randomBytes } from "node:crypto";
import { formatUtcSeconds } from "../../src/auth/rfc3339.ts";
import { signHmac } from "../../src/auth/sign-hmac.ts";
import type { Fields } from "./connection.ts";
import type { Signer } from "./load.ts";

/** A function that gives the headers of the next call; none without a signer. */
export function signing(signer: Signer | undefined): () => Fields {
  if (signer === undefined) return () => [];
  const key = Buffer.from(signer.key);
  const prefix = randomBytes(6).toString("hex");
  let count = 0;
  return () => {
    count += 1;
    const salt = `${prefix}${count.toString(16).padStart(12, "0")}`;
    const date = formatUtcSeconds(Math.floor(Date.now() / 1000));
    const mac = signHmac(key, { date, method: "POST", salt }).toString("hex");
    return [
      ["authorization", `${signer.type} ${mac}`],
      ["x-date", date],
      ["x-data-salt", salt],
    ];
  };
}
