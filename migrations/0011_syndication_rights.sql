ALTER TABLE "published_articles" ADD COLUMN "licence_url" text;--> statement-breakpoint
update site set rights = '{"syndicatable": true, "partnerEmbargoMinutes": 0}'::jsonb || rights;
--> statement-breakpoint
do $$
begin
  -- As in 0008_reading.sql: the documents of stories get their new members by the job that follows a change of the site.
  if exists (select from published_articles) and to_regnamespace('graphile_worker') is not null then
    execute $job$ select graphile_worker.add_job('rebuild', payload := '{"noun": "site"}'::json, job_key := 'rebuild:site') $job$;
  end if;
end
$$;
