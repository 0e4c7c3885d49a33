// PostgreSQL keeps the contract of the store.
import { openPostgresTestStore } from "../postgres/database.ts";
import { storeContract } from "./contract.ts";

storeContract("postgres", openPostgresTestStore);
