// Tells drizzle-kit where the tables are and where their migrations go.
import { defineConfig } from 'drizzle-kit';

export default defineConfig({ dialect: 'postgresql', schema: './src/db/tables.ts', out: './migrations' });
