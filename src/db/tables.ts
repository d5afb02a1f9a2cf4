// All tables, for drizzle-kit; code imports them from their own modules.
export * from '../modules/access/tables.ts';
export * from '../modules/articles/tables.ts';
export * from '../modules/audit/tables.ts';
export * from '../modules/changes/tables.ts';
export * from '../modules/contributors/tables.ts';
export * from '../modules/desk/tables.ts';
export * from '../modules/imports/tables.ts';
export * from '../modules/regions/tables.ts';
export * from '../modules/site/tables.ts';
export * from '../modules/tags/tables.ts';
export * from '../modules/views/tables.ts';
