// SQL of oEmbed: by which templates the site makes the addresses of stories. For readers.
import type { PublicDb, Statement } from '../../db/pipeline.ts';

export interface Templates {
  shortUrl: string | null;
}
const TEMPLATES: Statement = { name: 'oembed_templates', text: `select short_url as "shortUrl" from site` };

export async function getTemplates(db: PublicDb): Promise<Templates> {
  const [row] = await db.query<Templates>(TEMPLATES, []);
  if (!row) throw new Error('the site has no row');
  return row;
}
