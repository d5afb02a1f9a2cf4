// Makes every named schema known to validation and to the OpenAPI document, where it becomes a component. It defines none.

import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { TSchema } from 'typebox';
import * as access from '../modules/access/schemas.ts';
import * as kinds from '../modules/articles/kinds.ts';
import * as beside from '../modules/articles/page-schemas.ts';
import * as articles from '../modules/articles/schemas.ts';
import * as audit from '../modules/audit/schemas.ts';
import * as body from '../modules/body/schemas.ts';
import * as bulk from '../modules/bulk/schemas.ts';
import * as changes from '../modules/changes/schemas.ts';
import * as comments from '../modules/comments/schemas.ts';
import * as contributors from '../modules/contributors/schemas.ts';
import * as desk from '../modules/desk/schemas.ts';
import * as moves from '../modules/desk/transition-schemas.ts';
import * as entries from '../modules/entries/schemas.ts';
import * as feeds from '../modules/feeds/schemas.ts';
import * as fields from '../modules/fields/schemas.ts';
import * as ninjs from '../modules/formats/ninjs-schemas.ts';
import * as formats from '../modules/formats/schemas.ts';
import * as fronts from '../modules/fronts/schemas.ts';
import * as health from '../modules/health/schemas.ts';
import * as hub from '../modules/hub/schemas.ts';
import * as imports from '../modules/imports/job-schemas.ts';
import * as live from '../modules/live/schemas.ts';
import * as locks from '../modules/locks/schemas.ts';
import * as media from '../modules/media/schemas.ts';
import * as oembed from '../modules/oembed/schemas.ts';
import * as partners from '../modules/partners/schemas.ts';
import * as people from '../modules/people/schemas.ts';
import * as previews from '../modules/previews/schemas.ts';
import * as redirects from '../modules/redirects/schemas.ts';
import * as regions from '../modules/regions/schemas.ts';
import * as republish from '../modules/republish/schemas.ts';
import * as revisions from '../modules/revisions/schemas.ts';
import * as schedules from '../modules/schedules/schemas.ts';
import * as search from '../modules/search/schemas.ts';
import * as sessions from '../modules/sessions/schemas.ts';
import * as site from '../modules/site/schemas.ts';
import * as tags from '../modules/tags/schemas.ts';
import * as taxonomy from '../modules/taxonomy/schemas.ts';
import * as translations from '../modules/translations/schemas.ts';
import * as trash from '../modules/trash/schemas.ts';
import * as views from '../modules/views/schemas.ts';
import * as webhooks from '../modules/webhooks/schemas.ts';
import { ProblemSchema } from '../problem.ts';
import { Links, LocaleMeta, NoMeta, PageLinks } from '../schemas.ts';

const NAMED: TSchema[] = [
  ProblemSchema,
  Links,
  PageLinks,
  NoMeta,
  LocaleMeta,
  site.LocaleEntry,
  site.Site,
  site.DeskSite,
  site.SitePatch,
  site.DeskLocale,
  site.LocaleInput,
  site.LocalePatch,
  fields.Field,
  fields.FieldInput,
  fields.FieldPatch,
  fields.StoryExtraInput,
  fields.DraftExtraInput,
  fields.StoryExtra,
  fields.DraftExtra,
  fields.Extra,
  kinds.KindSchema,
  media.Image,
  media.Media,
  media.DeskMedia,
  media.MediaInput,
  media.MediaPatch,
  articles.RegionRef,
  articles.TagRef,
  articles.ContributorRef,
  articles.Translation,
  articles.ArticleRights,
  beside.Heading,
  beside.OutboundLink,
  beside.Share,
  beside.Seo,
  articles.ArticleCard,
  articles.Article,
  articles.SparseArticle,
  articles.Included,
  formats.NewsArticle,
  ninjs.Ninjs,
  oembed.Card,
  search.Segment,
  search.SearchHit,
  search.SparseSearchHit,
  search.Suggestion,
  body.PortableText,
  body.PortableTextInput,
  body.BodyInput,
  body.BodyOutput,
  body.BodyWarning,
  live.Entry,
  changes.Change,
  live.GoneEntry,
  entries.DeskEntry,
  entries.EntryInput,
  entries.EntryPatch,
  desk.BodyMeta,
  desk.DraftInput,
  desk.DraftPatch,
  desk.NewTranslation,
  desk.ArticleInput,
  desk.ArticlePatch,
  desk.DraftState,
  desk.DeskArticle,
  desk.Draft,
  moves.PublishInput,
  moves.JointPublishInput,
  moves.MoveInput,
  moves.Transitions,
  moves.WithdrawInput,
  bulk.BulkOperation,
  bulk.BulkInput,
  bulk.BulkResult,
  schedules.ScheduleInput,
  schedules.SchedulePatch,
  schedules.JointScheduleInput,
  schedules.ExpiryInput,
  schedules.ExpiryPatch,
  schedules.Schedule,
  schedules.EmbargoedArticle,
  schedules.EmbargoedCard,
  audit.Doer,
  audit.AuditEntry,
  previews.Preview,
  previews.NewPreview,
  previews.FrontPreview,
  previews.NewFrontPreview,
  previews.PreviewInput,
  revisions.Revision,
  revisions.DraftRevision,
  revisions.ArticleRevision,
  revisions.RevisionChange,
  revisions.RevisionDiff,
  revisions.RestoreInput,
  comments.Comment,
  comments.CommentInput,
  comments.CommentPatch,
  locks.Lock,
  locks.LockInput,
  translations.TranslationState,
  translations.TranslationWork,
  translations.Task,
  trash.TrashedArticle,
  access.ApiKey,
  access.NewApiKey,
  access.ApiKeyInput,
  access.ApiKeyPatch,
  access.RotationInput,
  people.User,
  people.UserInput,
  people.UserPatch,
  people.Me,
  people.PasswordChange,
  sessions.SignInInput,
  sessions.RefreshInput,
  sessions.SignIn,
  sessions.Session,
  redirects.Redirect,
  redirects.RedirectInput,
  redirects.RedirectPatch,
  redirects.RedirectBatch,
  redirects.Resolution,
  taxonomy.MergeInput,
  feeds.JsonFeed,
  hub.HubRequest,
  fronts.FrontSlot,
  fronts.Front,
  fronts.FrontEntry,
  fronts.Slot,
  fronts.SlotInput,
  fronts.FrontChange,
  fronts.FrontChangeInput,
  fronts.DeskFront,
  fronts.FrontInput,
  fronts.FrontPatch,
  regions.Region,
  regions.DeskRegion,
  regions.RegionInput,
  regions.RegionPatch,
  tags.Tag,
  tags.DeskTag,
  tags.TagInput,
  tags.TagPatch,
  contributors.Contributor,
  contributors.DeskContributor,
  contributors.ContributorInput,
  contributors.ContributorPatch,
  partners.Partner,
  partners.PartnerInput,
  partners.PartnerPatch,
  partners.Usage,
  partners.UsedStory,
  republish.Republished,
  views.DeskViews,
  views.Correction,
  views.CounterImport,
  imports.ImportJob,
  health.Health,
  webhooks.Webhook,
  webhooks.WebhookInput,
  webhooks.WebhookPatch,
  webhooks.NewWebhook,
  webhooks.SecretRotation,
  webhooks.Ping,
  webhooks.Delivery,
  webhooks.ReplayInput,
];

export const components = fp(
  async (app: FastifyInstance) => {
    for (const schema of NAMED) app.addSchema(schema);
  },
  { name: 'components' },
);
