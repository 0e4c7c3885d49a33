// What test files import as "@jest/globals".
import { currentGlobals } from "./jest.runtime.js";

export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } =
  currentGlobals();
