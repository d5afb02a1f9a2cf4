// What pg 8.23 calls on a query while it is under way, and how it writes values: its own types leave both out.
declare module 'pg/lib/query.js' {
  import type pg from 'pg';
  export default class Query extends pg.Query {
    constructor(text: string);
    name: string;
    values: readonly unknown[];
    callback: (error: Error | null) => void;
    /** Sends what has to be sent. */
    prepare(connection: pg.Connection): void;
    handleRowDescription(message: { fields: { name: string; dataTypeID: number }[] }): void;
    handleDataRow(message: { fields: (string | null)[] }): void;
    handleCommandComplete(): void;
    handleReadyForQuery(): void;
    handleError(error: Error): void;
  }
}
declare module 'pg/lib/utils.js' {
  export function prepareValue(value: unknown): string | Buffer | null;
}
