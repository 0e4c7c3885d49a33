// Before a run: whoever needs a PostgreSQL gets one.
export { offerPostgres as default } from "./test/postgres/offer.ts";
