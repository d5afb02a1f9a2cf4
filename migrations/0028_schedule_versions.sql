-- runs with: 0027_told_leavings
ALTER TABLE "drafts" ADD COLUMN "schedule_version" integer DEFAULT 0 NOT NULL;