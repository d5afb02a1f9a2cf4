-- runs with: 0033_marks_of_all_translations
-- As it is set here, what the index has yet to take in may grow to 2 MB; neither index nor bodies are written anew.
alter index search_documents_vector set (gin_pending_list_limit = 2048);
--> statement-breakpoint
-- A body is written three times for each time that it is published: an eighth of what Postgres did to import a story was to compress
-- these, to half their size. What is there stays compressed until it is written again.
alter table drafts alter column body set storage external;
--> statement-breakpoint
alter table published_articles alter column snapshot set storage external;
--> statement-breakpoint
alter table revisions alter column content set storage external;
