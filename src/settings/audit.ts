// The settings of the audit: where it is copied to, who signs its seals, how long its records are kept.
import { createPrivateKey, type KeyObject } from "node:crypto";
import { resolve } from "node:path";
import type { Report } from "../domain/problem.ts";
import { someText, wholeNumber, yesOrNo } from "./check.ts";
import type { Table } from "./setting.ts";
import { readText } from "./text-file.ts";
import { webUrl } from "./url.ts";

/** The rows of the table. */
export const auditSettings = {
  "audit-file": {
    form: "FILE",
    check: someText,
    meaning: "A file that the audit is copied to, as JSON lines. May be moved away at any time.",
  },
  "audit-stdout": {
    form: "BOOLEAN",
    default: "false",
    check: yesOrNo,
    switch: true,
    meaning: "Copy the audit to standard output, as JSON lines.",
  },
  "audit-otlp-endpoint": {
    form: "URL",
    check: webUrl,
    meaning:
      "A collector that the audit is copied to by OTLP over HTTP, as in http://127.0.0.1:4318/v1/logs.",
  },
  "audit-retention": {
    form: "DAYS",
    check: wholeNumber(1, 36_500, "days"),
    meaning:
      "How long records of the audit are kept, at least until they are copied to all of these. Without it, for ever.",
  },
  "audit-signing-key-file": {
    form: "FILE",
    check: someText,
    meaning:
      "A PEM file with the Ed25519 key that signs the seals of the audit: openssl genpkey -algorithm ed25519.",
  },
} as const satisfies Table;

/** The values that were given. */
export interface AuditValues {
  readonly "audit-file"?: string | undefined;
  readonly "audit-stdout"?: boolean | undefined;
  readonly "audit-otlp-endpoint"?: string | undefined;
  readonly "audit-retention"?: number | undefined;
  readonly "audit-signing-key-file"?: string | undefined;
}

/** What they mean. */
export interface AuditSettings {
  /** The path of a file, absolute. */
  readonly file?: string;
  readonly stdout: boolean;
  /** The URL of a collector. */
  readonly otlp?: string;
  /** How long records are kept; for ever if undefined. */
  readonly keepMs?: number;
  /** An Ed25519 key; seals are not signed without. */
  readonly signingKey?: KeyObject;
}

const dayMs = 24 * 3600 * 1000;

/** Reads them; what is wrong is reported. */
export function readAudit(values: AuditValues, report: Report): AuditSettings {
  const { "audit-file": file, "audit-otlp-endpoint": otlp, "audit-retention": days } = values;
  const signingKey = readSigningKey(values["audit-signing-key-file"], report);
  return {
    stdout: values["audit-stdout"] ?? false,
    ...(file !== undefined && { file: resolve(file) }),
    ...(otlp !== undefined && { otlp }),
    ...(days !== undefined && { keepMs: days * dayMs }),
    ...(signingKey && { signingKey }),
  };
}

function readSigningKey(path: string | undefined, report: Report): KeyObject | undefined {
  if (path === undefined) return undefined;
  const contents = readText(path);
  const key = "text" in contents ? ed25519Key(contents.text) : undefined;
  if (key !== undefined) return key;
  const reason =
    "reason" in contents ? `names a file that ${contents.reason}` : "holds no such key";
  const remedy = "name a PEM file that `openssl genpkey -algorithm ed25519` wrote";
  report({ setting: "audit-signing-key-file", reason, remedy });
  return undefined;
}

function ed25519Key(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined;
  }
}
