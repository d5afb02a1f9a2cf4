// One execution of a prepared statement on a pipelined connection. pg asks Postgres each time what the columns are, makes their parsers
// anew and writes four times; here columns are asked for once for each connection. Of a result it tells the rows alone.
import type pg from 'pg';
import Query from 'pg/lib/query.js';
import { prepareValue } from 'pg/lib/utils.js';
import { serialize } from 'pg-protocol';
import { type Parse, parserOf, type Value } from './bytes.ts';

interface Columns {
  readonly names: readonly string[];
  readonly parsers: readonly Parse[];
}
/** Of the statements that one connection has answered, by their names. */
export type KnownColumns = Map<string, Columns>;

/** Execute of all rows, and Sync: the same bytes each time. */
const REST = Buffer.concat([serialize.execute(), serialize.sync()]);

export class Prepared<Row extends object> extends Query {
  readonly found: Row[] = [];
  readonly #known: KnownColumns;
  #columns: Columns | undefined;
  #unreadable: Error | null = null;

  /** @param done with the error of Postgres or of the connection, or with null when all rows are found */
  constructor(
    known: KnownColumns,
    statement: { name: string; text: string },
    values: readonly unknown[],
    done: (error: Error | null) => void,
  ) {
    super(statement.text);
    this.name = statement.name;
    this.values = values;
    this.callback = done;
    this.#known = known;
    this.#columns = known.get(statement.name);
  }

  override prepare(connection: pg.Connection): void {
    if (!this.#columns) super.prepare(connection);
    else {
      const values = this.values as unknown[];
      connection.stream.write(serialize.bind({ statement: this.name, values, valueMapper: prepareValue }));
      connection.stream.write(REST);
    }
  }

  override handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.#columns = {
      names: fields.map(({ name }) => name),
      parsers: fields.map(({ dataTypeID }) => parserOf(dataTypeID)),
    };
    this.#known.set(this.name, this.#columns);
  }

  override handleDataRow({ fields }: { fields: (Value | null)[] }): void {
    const { names, parsers } = this.#columns as Columns; // described before its rows, now or earlier
    const row: Record<string, unknown> = {};
    try {
      for (let at = 0; at < names.length; at += 1) {
        const value = fields[at] ?? null;
        row[names[at] as string] = value === null ? null : (parsers[at] as Parse)(value);
      }
      this.found.push(row as Row);
    } catch (error) {
      this.#unreadable = error as Error;
    }
  }

  override handleCommandComplete(): void {}

  override handleReadyForQuery(): void {
    this.callback(this.#unreadable);
  }

  override handleError(error: Error): void {
    this.callback(error);
  }
}
