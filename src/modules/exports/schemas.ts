// The export and the list of stories as text on the wire.
import { Type } from 'typebox';
import { list, oneOf, onlyIn, query, ref } from '../../schemas.ts';
import { KindSchema } from '../articles/kinds.ts';
import { DRAFT_STATUSES } from '../desk/schemas.ts';

export const ExportLines = Type.String({
  description: 'JSON, one value a line: each line is a part of the newsroom as POST /v1/desk/imports takes it',
});
export const CsvText = Type.String({
  description:
    'CSV (RFC 4180) in UTF-8 with a byte order mark; keys of a list are parted by spaces. Cells that a spreadsheet would take for a formula begin with an apostrophe',
});
export const CsvQuery = query({
  locale: Type.Optional(onlyIn('Texts')),
  status: Type.Optional(list(oneOf([...DRAFT_STATUSES]), { description: 'In any of these states' })),
  kind: Type.Optional(list(ref(KindSchema), { description: 'Of any of these kinds' })),
});
