// The examples of AWS: docs.aws.amazon.com, "Signature Calculations for the Authorization Header: Transferring Payload in
// a Single Chunk" and "Authenticating Requests: Using Query Parameters".
import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import {
  encodePath,
  presignedUrl,
  queryOf,
  type Signable,
  signedHeaders,
} from "../../src/firmware/sigv4.ts";

const signer = {
  accessKey: "AKIAIOSFODNN7EXAMPLE",
  secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
};
const date = new Date("2013-05-24T00:00:00Z");
const at = (path: string) => new URL(`https://examplebucket.s3.amazonaws.com${path}`);

type Example = [
  name: string,
  signature: string,
  request: Partial<Signable> & Pick<Signable, "url">,
];

test.each<Example>([
  [
    "GET Object",
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    { url: at("/test.txt"), headers: { range: "bytes=0-9" } },
  ],
  [
    "PUT Object",
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    {
      method: "PUT",
      url: at(encodePath("/test$file.text")),
      headers: {
        date: "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
      },
      bodySha256: createHash("sha256").update("Welcome to Amazon S3.").digest("hex"),
    },
  ],
  [
    "GET Bucket Lifecycle",
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    { url: at("/?lifecycle") },
  ],
  [
    "GET Bucket (List Objects)",
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    { url: at("/?prefix=J&max-keys=2") },
  ],
])("%s is signed as AWS signs it", (_, signature, request) => {
  const headers = signedHeaders(signer, { method: "GET", headers: {}, date, ...request });
  expect(headers["authorization"]).toContain(`Signature=${signature}`);
  expect(headers["authorization"]).toContain(
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,",
  );
  expect(headers["x-amz-date"]).toBe("20130524T000000Z");
});

test("a URL is presigned as AWS presigns it", () => {
  expect(presignedUrl(signer, { url: at("/test.txt"), seconds: 86_400, date })).toBe(
    "https://examplebucket.s3.amazonaws.com/test.txt" +
      "?X-Amz-Algorithm=AWS4-HMAC-SHA256" +
      "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
      "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
      "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
});

describe("encoding", () => {
  test("leaves unreserved characters and the slashes of a path", () => {
    expect(encodePath("/a-b_c.d~e/f g+(h)!'*ü")).toBe("/a-b_c.d~e/f%20g%2B%28h%29%21%27%2A%C3%BC");
  });

  test("orders a query by name, however the names go on", () => {
    expect(
      queryOf([
        ["a-b", "1"],
        ["a", "2"],
        ["a", "1"],
      ]),
    ).toBe("a=1&a=2&a-b=1");
  });
});
