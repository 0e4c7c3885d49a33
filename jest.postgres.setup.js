// Before each test file of that run.
process.env.METAL_TEST_STORE = "postgres";
