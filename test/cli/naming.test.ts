// Names of the proto and the words they become.
import { expect, test } from "@jest/globals";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { GptTypeSchema, RaidLevelSchema } from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { ImageClassificationSchema } from "../../gen/metal/v1/image_pb.ts";
import { enumNumber, enumWord, enumWords, kebab, kindOf, verbOf } from "../../src/cli/naming.ts";

test.each([
  ["List", "list"],
  ["GetLatest", "get-latest"],
  ["SizeImageConstraint", "size-image-constraint"],
  ["BMCCommand", "bmc-command"],
  ["IP", "ip"],
  ["VPN", "vpn"],
  ["GetBMCCredentials", "get-bmc-credentials"],
  ["SetSSHKeys", "set-ssh-keys"],
  ["IdentifyLEDOn", "identify-led-on"],
  ["BootPXE", "boot-pxe"],
  ["WhoAmI", "who-am-i"],
  ["page_size", "page-size"],
])("%s becomes %s", (name, expected) => {
  expect(kebab(name)).toBe(expected);
});

test("a kind is the service without its suffix, a verb is the method", () => {
  expect(kindOf(AccessService)).toBe("access");
  expect(verbOf(AccessService.method.listRules)).toBe("list-rules");
});

test("enum values have short words, the unspecified one is not offered", () => {
  expect(enumWords(ImageClassificationSchema)).toEqual(["preview", "supported", "deprecated"]);
  expect(enumWord(ImageClassificationSchema, 2)).toBe("supported");
  expect(enumWord(ImageClassificationSchema, 99)).toBe(99);
});

test.each([
  [RaidLevelSchema, 2, "1"],
  [GptTypeSchema, 2, "8300"],
  [GptTypeSchema, 1, "ef00"],
] as const)("a word of digits is a word: %s %d is %s", (desc, number, word) => {
  expect(enumWord(desc, number)).toBe(word);
  expect(enumNumber(desc, word)).toBe(number);
});

test.each([
  ["supported", 2],
  ["SUPPORTED", 2],
  ["IMAGE_CLASSIFICATION_SUPPORTED", 2],
  ["image-classification-supported", 2],
  ["", 0],
  ["unspecified", 0],
  ["support", undefined],
  ["2", undefined],
])("%j is read as %j", (text, expected) => {
  expect(enumNumber(ImageClassificationSchema, text)).toBe(expected);
});
