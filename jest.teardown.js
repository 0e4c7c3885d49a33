// After a run.
export { withdrawPostgres as default } from "./test/postgres/offer.ts";
