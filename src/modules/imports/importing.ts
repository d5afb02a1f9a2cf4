// Brings lines into the newsroom through the desk's own workflow, many at a time. It is given an open transaction and ends none.
import { isDeepStrictEqual } from 'node:util';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { changeDraft, createDrafts, touchArticles } from '../desk/drafting.ts';
import { followOriginals } from '../desk/originals.ts';
import type { PictureId } from '../desk/picturing.ts';
import { type PublishItem, publish, unpublish } from '../desk/publishing.ts';
import { idsOf, type TermIds } from '../desk/references.ts';
import { type ArticleChange, changeArticle, createArticles, withRubric } from '../desk/workflow.ts';
import { importCounters } from '../views/counters.ts';
import { type Moved, placeOldPaths } from './old-paths.ts';
import { adoptCopies, preparePictures } from './pictures.ts';
import type { PreparedLine } from './preparing.ts';
import type { ImportedArticle } from './queries.ts';
import { accept, nothingDone, type Outcome, sortOut } from './sorting.ts';
import { findPlaces, type PlacedLocale } from './terms.ts';

interface Placed extends PreparedLine {
  /** The newsroom's tag. */
  tag: string;
  terms: TermIds & PictureId;
}

/**
 * Lines that are wrong by themselves are refused, the rest is written.
 * @param lines each story and language once
 * @throws Problem where the database refuses what one of them would write, or where they are not each once; then nothing of it may be committed
 */
export async function importLines(tx: Db, lines: PreparedLine[], { strict }: { strict: boolean }): Promise<Outcome> {
  const outcome = nothingDone();
  if (lines.length === 0) return outcome;
  // Before any row, as who changes a picture does.
  if (lines.some(({ story }) => story.image)) await lockSurroundings(tx);
  const { changed, stored, tagOf, draftOf, found } = await sortOut(tx, lines, { strict }, outcome);
  await adoptCopies(tx, lines);
  const placed: Placed[] = [];
  for (const line of changed) {
    await accept(outcome, line, () => placed.push({ ...line, tag: tagOf(line), terms: idsOf(line.story, found) }));
  }
  await placeUsageTerms(tx, placed);
  const pictures = await preparePictures(tx, placed, tagOf);
  for (const { story, terms } of placed) {
    if (story.image !== undefined) terms.imageId = story.image && (pictures.get(story.image.url) ?? null);
  }
  if (placed.length === 0) return outcome;
  // As "en" and as its alias "eng": no statement can write a row twice.
  if (new Set(placed.map(({ story, tag }) => JSON.stringify([story.externalId, tag]))).size < placed.length) {
    throw new Problem('conflict', { detail: 'The same story and language stands twice among these lines.' });
  }

  const known = placed.map(({ story }) => stored.get(story.externalId)?.id);
  await createMissing(tx, placed, stored);
  const idOf = ({ story }: PreparedLine) => articleOf(stored, story.externalId).id;
  for (const line of placed) await adjustArticle(tx, line, articleOf(stored, line.story.externalId));
  const isNew = (line: Placed) => draftOf(line) === undefined;
  await createDrafts(
    tx,
    null,
    placed.filter(isNew).map((line) => ({ articleId: idOf(line), ...draftFrom(line) })),
  );
  await touchArticles(tx, [...new Set(known.filter((id) => id !== undefined))]);
  for (const line of placed) {
    if (isNew(line)) outcome.created.push(line.number);
    else {
      const { locale, proposedSlug: _, ...change } = draftFrom(line);
      await changeDraft(tx, null, { articleId: idOf(line), locale, expected: null }, change);
      outcome.updated.push(line.number);
    }
  }
  await followOriginals(
    tx,
    placed.map((line) => ({ articleId: idOf(line), locale: line.tag })),
  );
  await settle(
    tx,
    placed.map((line) => ({ line, articleId: idOf(line), wasPublic: draftOf(line)?.isPublic ?? false })),
  );
  const counters = placed.flatMap((line) => {
    const { views } = line.story;
    return views === undefined ? [] : [{ article: idOf(line), locale: line.tag, views }];
  });
  if (counters.length > 0) await importCounters(tx, null, counters, 'came with the story');
  const moved = placed.flatMap((line): Moved[] => {
    const { oldPaths, status, withdrawn } = line.story;
    if (!oldPaths || status === 'draft' || withdrawn) return [];
    return [{ articleId: idOf(line), locale: line.tag, paths: oldPaths, notes: line.notes }];
  });
  await placeOldPaths(tx, moved);
  return outcome;
}

/** By the newsroom's tags: under an alias, no reader would be shown them. A language that is still to come goes by its canonical one. */
async function placeUsageTerms(tx: Db, lines: Placed[]): Promise<void> {
  const named = lines.flatMap(({ story }) => Object.keys(story.rights?.usageTerms ?? {}));
  const places = named.length > 0 ? await findPlaces(tx, named, false) : new Map<string, PlacedLocale>();
  for (const line of lines) {
    const { rights } = line.story;
    if (!rights?.usageTerms) continue;
    const usageTerms = Object.entries(rights.usageTerms).map(([name, text]) => [places.get(name)?.tag ?? name, text]);
    line.story = { ...line.story, rights: { ...rights, usageTerms: Object.fromEntries(usageTerms) } };
  }
}

function articleOf(stored: ReadonlyMap<string, ImportedArticle>, externalId: string): ImportedArticle {
  const article = stored.get(externalId);
  if (!article) throw new Error(`no story was made for ${externalId}`);
  return article;
}

/** The first line of a story that is not there makes it. */
async function createMissing(tx: Db, lines: Placed[], stored: Map<string, ImportedArticle>): Promise<void> {
  const first = new Map(
    lines
      .filter(({ story }) => !stored.has(story.externalId))
      .toReversed()
      .map((line) => [line.story.externalId, line]),
  );
  const inputs = [...first.values()].toReversed().map(({ story, tag, terms }) => ({
    kind: story.kind ?? 'news',
    externalId: story.externalId,
    rights: story.rights ?? null,
    originalLocale: tag,
    ...terms,
  }));
  const rows = await createArticles(tx, null, inputs);
  rows.forEach(({ id, kind, regionId, imageId, rights }, index) => {
    const { externalId = '', regionIds = [], tagIds = [], contributorIds = [] } = inputs[index] ?? {};
    stored.set(externalId, {
      id,
      externalId,
      kind,
      rights,
      imageId,
      regionId,
      regionIds: withRubric(regionId, regionIds),
      tagIds,
      contributorIds,
      isTrashed: false,
      drafts: {},
    });
  });
}

/** Lines of one story agree as a rule: it is changed only where this one says something else. */
async function adjustArticle(tx: Db, { story, terms }: Placed, article: ImportedArticle): Promise<void> {
  const { kind, rights } = story;
  const wanted: ArticleChange = { ...terms, ...(kind && { kind }), ...(rights !== undefined && { rights }) };
  const { regionId = article.regionId } = terms;
  // A story that moves to another rubric leaves the one it was in.
  if (terms.regionIds) wanted.regionIds = withRubric(regionId, terms.regionIds);
  else if (regionId !== article.regionId)
    wanted.regionIds = withRubric(
      regionId,
      article.regionIds.filter((id) => id !== article.regionId),
    );
  const current: Record<string, unknown> = article;
  const change = Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => !isDeepStrictEqual(value, current[name])),
  );
  if (Object.keys(change).length === 0) return;
  await changeArticle(tx, null, { id: article.id, expected: null }, change);
  Object.assign(article, change);
}

function draftFrom({ story, tag, body = [], digest }: Placed) {
  const { title, standfirst, corrections, slug, proposedSlug } = story;
  return {
    locale: tag,
    title,
    standfirst,
    corrections,
    body,
    importDigest: digest,
    ...(slug !== undefined && { slug }),
    ...(proposedSlug !== undefined && { proposedSlug }),
  };
}

/** Makes each language as public as its line says. */
async function settle(tx: Db, lines: { line: Placed; articleId: string; wasPublic: boolean }[]): Promise<void> {
  const items = lines.flatMap(({ line: { story, tag: locale }, articleId }): PublishItem[] => {
    const { status, publishedAt, updatedAt } = story;
    if (status === 'draft') return [];
    return [
      {
        articleId,
        locale,
        expected: null,
        updateType: 'major',
        ...(publishedAt && { publishedAt }),
        ...(updatedAt && { updatedAt }),
      },
    ];
  });
  if (items.length > 0) await publish(tx, null, items, { isPart: true });
  for (const { line, articleId, wasPublic } of lines) {
    const { withdrawn, status } = line.story;
    if (withdrawn) {
      const removal = { status: 'withdrawn', notice: withdrawn.notice, withdrawnAt: withdrawn.at } as const;
      await unpublish(tx, null, { articleId, locale: line.tag, expected: null, removal });
    } else if (status === 'draft' && wasPublic)
      await unpublish(tx, null, { articleId, locale: line.tag, expected: null, removal: { status: 'draft' } });
  }
}
