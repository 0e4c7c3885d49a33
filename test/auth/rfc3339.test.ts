// The times that are accepted in X-Date, and those that are not.
import { describe, expect, test } from "@jest/globals";
import { formatUtcSeconds, parseRfc3339 } from "../../src/auth/rfc3339.ts";

const accepted = [
  ["2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z"],
  ["2026-01-15T10:00:00.123Z", "2026-01-15T10:00:00Z"],
  ["2026-01-15T10:00:00.999999999Z", "2026-01-15T10:00:00Z"],
  [`2026-01-15T10:00:00.${"1".repeat(30)}Z`, "2026-01-15T10:00:00Z"],
  ["2026-01-15T10:00:00,5Z", "2026-01-15T10:00:00Z"],
  ["2026-01-15T10:00:00+00:00", "2026-01-15T10:00:00Z"],
  ["2026-01-15T10:00:00-00:00", "2026-01-15T10:00:00Z"],
  ["2026-01-15T12:00:00+02:00", "2026-01-15T10:00:00Z"],
  ["2026-01-15T04:30:00-05:30", "2026-01-15T10:00:00Z"],
  ["2026-01-15T11:00:00.987654321+01:00", "2026-01-15T10:00:00Z"],
  ["2026-01-15T5:04:05Z", "2026-01-15T05:04:05Z"],
  ["2026-12-31T23:59:59-08:00", "2027-01-01T07:59:59Z"],
  ["2026-01-01T00:00:00+23:59", "2025-12-31T00:01:00Z"],
  ["2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"],
  ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"],
  ["1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"],
  ["0050-03-01T00:00:00Z", "0050-03-01T00:00:00Z"],
  ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"],
] as const;

const refused = [
  ["nothing", ""],
  ["lower-case t", "2026-01-15t10:00:00Z"],
  ["lower-case z", "2026-01-15T10:00:00z"],
  ["a space for T", "2026-01-15 10:00:00Z"],
  ["no zone", "2026-01-15T10:00:00"],
  ["a zone without colon", "2026-01-15T10:00:00+0200"],
  ["a zone of hours only", "2026-01-15T10:00:00+02"],
  ["a zone by name", "2026-01-15T10:00:00 UTC"],
  ["RFC 1123", "Thu, 15 Jan 2026 10:00:00 GMT"],
  ["Unix seconds", "1768471200"],
  ["a date only", "2026-01-15"],
  ["no seconds", "2026-01-15T10:00Z"],
  ["the hour 24", "2026-01-15T24:00:00Z"],
  ["the minute 60", "2026-01-15T10:60:00Z"],
  ["a leap second", "2026-12-31T23:59:60Z"],
  ["30 February", "2026-02-30T10:00:00Z"],
  ["29 February of no leap year", "2026-02-29T10:00:00Z"],
  ["29 February 1900", "1900-02-29T10:00:00Z"],
  ["31 April", "2026-04-31T10:00:00Z"],
  ["the month 13", "2026-13-01T10:00:00Z"],
  ["the month 0", "2026-00-15T10:00:00Z"],
  ["the day 0", "2026-01-00T10:00:00Z"],
  ["a day of one digit", "2026-01-5T10:00:00Z"],
  ["a year of five digits", "12026-01-15T10:00:00Z"],
  ["a signed year", "+002026-01-15T10:00:00Z"],
  ["a point without fraction", "2026-01-15T10:00:00.Z"],
  ["an offset of 24 hours", "2026-01-15T10:00:00+24:00"],
  ["an offset of 60 minutes", "2026-01-15T10:00:00+01:60"],
  ["an offset of 99:99", "2026-01-15T10:00:00+99:99"],
  ["both Z and an offset", "2026-01-15T10:00:00Z+00:00"],
  ["space before", " 2026-01-15T10:00:00Z"],
  ["space behind", "2026-01-15T10:00:00Z "],
  ["a line break behind", "2026-01-15T10:00:00Z\n"],
  ["two joined headers", "2026-01-15T10:00:00Z, 2026-01-15T10:00:00Z"],
  ["digits of another script", "２０２６-01-15T10:00:00Z"],
] as const;

describe("a time of RFC 3339", () => {
  test.each(accepted)("%s reads as %s", (text, normalised) => {
    const seconds = parseRfc3339(text);
    expect(seconds).toBe(Date.parse(normalised) / 1000);
    expect(formatUtcSeconds(seconds ?? Number.NaN)).toBe(normalised);
  });

  test.each(refused)("%s is not one", (_, text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });
});
