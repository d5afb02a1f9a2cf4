-- The ledger of visitors is emptied each minute by its own job, which vacuums as well (views/pruning.ts); the server's own vacuum
-- would only get in its way, and cutting the file takes a lock that batches would wait for.
alter table view_visitors set (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200000, autovacuum_vacuum_insert_threshold = -1,
  autovacuum_vacuum_cost_delay = 0, vacuum_truncate = off
);
