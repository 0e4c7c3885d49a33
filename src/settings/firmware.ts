// The settings of the store for firmware.
import type { Report } from "../domain/problem.ts";
import type { S3Settings } from "../firmware/s3.ts";
import { someText, wholeNumber } from "./check.ts";
import { readKey } from "./key.ts";
import type { Table } from "./setting.ts";
import { webUrl } from "./url.ts";

/** The rows of the table. */
export const firmwareSettings = {
  "public-url": {
    form: "URL",
    check: webUrl,
    meaning:
      "Where BMCs reach this server to load firmware. What it listens on, if that is one address.",
  },
  "firmware-size-limit": {
    form: "MEGABYTES",
    default: "512",
    check: wholeNumber(1, 5_000, "megabytes"),
    meaning: "The largest firmware that is kept.",
  },
  "firmware-s3-endpoint": {
    form: "URL",
    check: webUrl,
    meaning:
      "An S3-compatible server that keeps firmware. Without one it is kept in data, which only one server can share.",
  },
  "firmware-s3-bucket": { form: "BUCKET", check: someText, meaning: "The bucket there." },
  "firmware-s3-region": {
    form: "REGION",
    default: "us-east-1",
    check: someText,
    meaning: "The region that requests to it are signed for.",
  },
  "firmware-s3-access-key": {
    form: "KEY",
    check: someText,
    meaning: "The id of the key that they are signed with.",
  },
  "firmware-s3-access-key-file": { form: "FILE", check: someText, meaning: "A file with that id." },
  "firmware-s3-secret-key": { form: "KEY", check: someText, meaning: "The key itself." },
  "firmware-s3-secret-key-file": {
    form: "FILE",
    check: someText,
    meaning: "A file with that key; one line break at its end does not count.",
  },
} as const satisfies Table;

/** The values that were given. */
export interface FirmwareSettings {
  readonly "firmware-s3-endpoint"?: string | undefined;
  readonly "firmware-s3-bucket"?: string | undefined;
  readonly "firmware-s3-region"?: string | undefined;
  readonly "firmware-s3-access-key"?: string | undefined;
  readonly "firmware-s3-access-key-file"?: string | undefined;
  readonly "firmware-s3-secret-key"?: string | undefined;
  readonly "firmware-s3-secret-key-file"?: string | undefined;
}

/** The bucket that keeps firmware; undefined if none does, and if something about it is wrong, which is reported. */
export function readFirmwareS3(settings: FirmwareSettings, report: Report): S3Settings | undefined {
  const parts = {
    endpoint: settings["firmware-s3-endpoint"],
    bucket: settings["firmware-s3-bucket"],
    "access-key": keyOf(settings, "firmware-s3-access-key", report),
    "secret-key": keyOf(settings, "firmware-s3-secret-key", report),
  };
  const { endpoint, bucket, "access-key": accessKey, "secret-key": secretKey } = parts;
  const missing = Object.keys(parts).filter((name) => !parts[name as keyof typeof parts]);
  if (missing.length === Object.keys(parts).length) return undefined;
  for (const name of missing) report(missingPart(name));
  if (!endpoint || !bucket || !accessKey || !secretKey) return undefined;
  const region = settings["firmware-s3-region"] ?? "us-east-1";
  return { endpoint, bucket, accessKey, secretKey, region };
}

function keyOf(
  settings: FirmwareSettings,
  place: "firmware-s3-access-key" | "firmware-s3-secret-key",
  report: Report,
): string | undefined {
  return readKey({ place, key: settings[place], file: settings[`${place}-file`] }, report);
}

const missingPart = (name: string) => ({
  setting: `firmware-s3-${name}`,
  reason: "is missing beside other settings of firmware-s3",
  remedy: "set endpoint, bucket, access-key and secret-key, or none of them",
});
