// Builds the README's table of who may call what, from the document and the roles. It decides nothing: config.access and roles.ts do.
import { ROLES, SCOPES_OF } from '../modules/access/roles.ts';
import type { Scope } from '../modules/access/scopes.ts';

const [START, END] = ['<!-- rights: written by npm run openapi -->', '<!-- /rights -->'];

interface Operation {
  'x-scope'?: Scope | 'signed-in';
}

/** One row for each operation, in the order of the document. */
export function rightsTable(document: Record<string, unknown>): string {
  const paths = (document.paths ?? {}) as Record<string, Record<string, Operation>>;
  const rows = Object.entries(paths)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, { 'x-scope': scope }]) => {
        const marks = ROLES.map((role) => (isAllowed(scope, SCOPES_OF[role]) ? '✓' : ''));
        return `| \`${method.toUpperCase()} ${path}\` | ${scope ?? 'public'} | ${marks.join(' | ')} |`;
      }),
    );
  const head = `| operation | needs | ${ROLES.join(' | ')} |\n|---|---|${ROLES.map(() => ':-:').join('|')}|`;
  return [head, ...rows].join('\n');
}

function isAllowed(scope: Operation['x-scope'], held: readonly Scope[]): boolean {
  return scope === undefined || scope === 'signed-in' || held.includes(scope);
}

/** @throws Error where the page has no place for it */
export function withRightsTable(page: string, document: Record<string, unknown>): string {
  const [from, to] = [page.indexOf(START), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${START} … ${END}`);
  return `${page.slice(0, from + START.length)}\n${rightsTable(document)}\n${page.slice(to)}`;
}
