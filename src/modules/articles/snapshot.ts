// What publishing freezes of a story in one language: the sole source of its public texts. It holds ids, never names, of the taxonomy.
import type { PortableText } from '../body/schemas.ts';
import type { Extra } from '../fields/values.ts';
import type { Rights } from '../site/schemas.ts';
import type { Correction, Kind } from './kinds.ts';

export interface Snapshot {
  /** Permanent tag URI (RFC 4151). */
  uri: string;
  kind: Kind;
  title: string;
  standfirst: string | null;
  body: PortableText;
  /** The language it was written in; absent in what was published before that was kept. */
  originalLocale?: string | null;
  /** The rubric. */
  regionId: string | null;
  /** As the editor gave them, without ancestors. */
  regionIds: string[];
  tagIds: string[];
  contributorIds: string[];
  /** The picture that stands for it; absent or null where there is none. */
  imageId?: string | null;
  corrections: Correction[];
  /** Overrides of the site's rights. */
  rights: Partial<Rights> | null;
  /** Values of public custom fields, links as ids; absent where there are none. */
  extra?: Extra;
}
